"""Reads a project from a file into this platform, as a new project: wholly, or not at all.

1. Day partitions are made first, each in a transaction of its own; empty ones harm nobody.
2. All rows come in one transaction, which is committed only when the file was read to its end and
   its counts and checksum were right.
3. Issues get new ids; rows that refer to issues follow them.
4. The books get what the file's say was stored; what its platform no longer held is booked as
   cropped. So the books of this platform are right afterwards.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, BinaryIO, Final, LiteralString

import orjson
from psycopg import DataError, IntegrityError, sql
from sqlalchemy.orm import Session

from core.access import tenancy
from core.access.audit import Actor
from core.maintenance.exchange.events import Events
from core.maintenance.exchange.format import DamagedExportError, Reader
from core.maintenance.exchange.kinds import (
    ACCOUNTS,
    BOOK,
    BOOK_COLUMNS,
    BY_NAME,
    EVENT,
    ISSUE,
    Kind,
)
from core.maintenance.space import sizes
from core.store import books, partitions, projects
from core.store.books import BookLine
from core.store.engine import Database, driver_connection

BATCH: Final = 1_000
MOST_DAYS: Final = 4_000
_MAP: Final[LiteralString] = """
    CREATE TEMPORARY TABLE imported_issues (old BIGINT PRIMARY KEY, new BIGINT NOT NULL,
        merged_into BIGINT) ON COMMIT DROP
"""
_NUMBER: Final[LiteralString] = """
    INSERT INTO imported_issues (old, new, merged_into)
    SELECT id, nextval(pg_get_serial_sequence('issues', 'id')), merged_into
    FROM jsonb_populate_recordset(NULL::issues, %(rows)s::jsonb)
"""
_MERGED: Final[LiteralString] = """
    UPDATE issues SET merged_into = into_issue.new
    FROM imported_issues AS known JOIN imported_issues AS into_issue
        ON into_issue.old = known.merged_into
    WHERE issues.id = known.new
"""
_INSERT: Final[LiteralString] = """
    INSERT INTO {table} (project_id, {columns})
    SELECT %(project)s, {values} FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) AS r
    {joins}
"""
_INSERT_THROUGH: Final[LiteralString] = """
    INSERT INTO {table} ({columns})
    SELECT {values} FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb) AS r {joins}
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """`first_day` is that of the oldest event: what is too old goes with the next retention."""

    project_id: int
    name: str
    dsn_key: str
    counts: Mapping[str, int]
    first_day: date | None


@dataclass
class _Books:
    """What the file's books say, by day and account."""

    entries: Counter[tuple[date, str]] = field(default_factory=Counter)

    def note(self, row: Mapping[str, Any]) -> None:
        if row.keys() != BOOK_COLUMNS or row["account"] not in ACCOUNTS:
            raise DamagedExportError("The file's books cannot be read; nothing was imported.")
        self.entries[date.fromisoformat(row["day"]), row["account"]] += int(row["count"])

    def lines(self, project_id: int, events: Events) -> Iterator[BookLine]:
        for day in sorted({day for day, _ in self.entries} | events.stored.keys()):
            here, thin = events.stored[day], events.thinned[day]
            stored = max(self.entries[day, "stored"], here)
            thinned = max(self.entries[day, "thinned"], thin)
            duplicates = self.entries[day, "duplicates"]
            amounts = {
                "accepted": stored + duplicates,
                "stored": stored,
                "duplicates": duplicates,
                "thinned": thinned,
                "cropped": stored - here,
                "cropped_thinned": thinned - thin,
            }
            for account, count in amounts.items():
                if count:
                    yield BookLine(day, project_id, account, count=count)


def read_project(
    database: Database, file: BinaryIO, actor: Actor, *, now: datetime, name: str | None = None
) -> Imported:
    reader = Reader(file)
    about, days = _about(reader.header)
    _make_room(database, days)
    with database.transaction() as session:
        project, key = projects.create(
            session, name or about["name"], now=now, settings=about["settings"]
        )
        tenancy.note(session, "project.import", project, actor, now=now, name=project.name)
        events = _rows(session, reader, project.id, now)
    first_day = min(events.stored, default=None)
    return Imported(project.id, project.name, key.public_key, dict(reader.counts), first_day)


def _about(header: Mapping[str, Any]) -> tuple[dict[str, Any], list[date]]:
    try:
        about = {name: header["project"][name] for name in ("name", "settings")}
        days = [date.fromisoformat(day) for day, _ in header["days"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedExportError("The header cannot be read; nothing was imported.") from error
    if not isinstance(about["name"], str) or not isinstance(about["settings"], dict):
        raise DamagedExportError("The header names no project; nothing was imported.")
    projects.check(about["settings"])
    if len(days) > MOST_DAYS:
        raise DamagedExportError(f"The file has events of {len(days)} days; {MOST_DAYS} can be.")
    return about, days


def _make_room(database: Database, days: list[date]) -> None:
    for day in days:
        with database.transaction() as session:
            partitions.ensure(session, day, day)


def _rows(session: Session, reader: Reader, project_id: int, now: datetime) -> Events:
    connection = driver_connection(session)
    connection.execute(_MAP)
    noted, events = _Books(), Events(session, project_id, now=now)
    try:
        for name, rows in _batches(reader):
            if name == BOOK:
                for row in rows:
                    noted.note(row)
            elif name == EVENT:
                events.add(rows)
            else:
                _add(session, _known(name), rows, project_id)
        events.finish()
        connection.execute(_MERGED)
    except (DataError, IntegrityError, KeyError, TypeError, ValueError) as error:
        raise DamagedExportError(
            "The file holds a row that this platform cannot take; nothing was imported."
        ) from error
    books.post(session, list(noted.lines(project_id, events)), writer=0)
    sizes.measure_again(session, events.stored.keys())
    return events


def _batches(reader: Reader) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows of one kind together, a bounded number at a time."""
    for name, group in groupby(reader.rows(), key=lambda each: each[0]):
        batch: list[dict[str, Any]] = []
        for _, row in group:
            batch.append(row)
            if len(batch) >= BATCH:
                yield name, batch
                batch = []
        if batch:
            yield name, batch


def _known(name: str) -> Kind:
    kind = BY_NAME.get(name)
    if kind is None:
        raise DamagedExportError(f"The file holds rows of kind {name!r}, which is not known.")
    return kind


def _add(session: Session, kind: Kind, rows: list[dict[str, Any]], project_id: int) -> None:
    if any(row.keys() != kind.whole for row in rows):
        raise DamagedExportError(
            f"A row of kind {kind.name!r} has other fields than it should; nothing was imported."
        )
    values = {"rows": orjson.dumps(rows).decode(), "project": project_id}
    connection = driver_connection(session)
    if kind is ISSUE:
        connection.execute(_NUMBER, values)
    if connection.execute(_statement(kind), values).rowcount != len(rows):
        raise DamagedExportError(
            f"A row of kind {kind.name!r} is of an issue that is not in the file; "
            "nothing was imported."
        )


def _statement(kind: Kind) -> sql.Composed:
    """Every column that holds an issue's id is looked up among the new ones."""
    columns = [column for column in kind.columns if column != "merged_into"]
    looked_up = ["id"] if kind is ISSUE else list(kind.issues)
    plain = [column for column in columns if column not in looked_up]
    joins = [
        sql.SQL("JOIN imported_issues AS {known} ON {known}.old = r.{column}").format(
            known=sql.Identifier(f"of_{column}"), column=sql.Identifier(column)
        )
        for column in looked_up
    ]
    values = [sql.SQL("r.{}").format(sql.Identifier(column)) for column in plain]
    values += [sql.SQL("{}.new").format(sql.Identifier(f"of_{column}")) for column in looked_up]
    template = _INSERT if kind.through is None else _INSERT_THROUGH
    return sql.SQL(template).format(
        table=sql.Identifier(kind.table),
        columns=sql.SQL(", ").join(map(sql.Identifier, [*plain, *looked_up])),
        values=sql.SQL(", ").join(values),
        joins=sql.SQL(" ").join(joins),
    )

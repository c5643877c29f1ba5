"""Writes a project to a file, as it is at one moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Final, LiteralString

import orjson
import structlog
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.maintenance.exchange.format import Writer
from core.maintenance.exchange.kinds import (
    ACCOUNTS,
    BOOK,
    EVENT,
    EVENT_COLUMNS,
    TABLES,
    Kind,
)
from core.model import Project
from core.store import projects
from core.store.engine import Database, driver_connection
from core.store.payloads import PayloadError, Payloads

log = structlog.get_logger()

FETCHED: Final = 500
_ROWS: Final[LiteralString] = """
    SELECT row_to_json(found)::text FROM (
        SELECT {columns} FROM {table} AS kept WHERE {belongs}
    ) AS found
"""
_OWN: Final[LiteralString] = "kept.project_id = %s"
_THROUGH: Final[LiteralString] = (
    "EXISTS (SELECT FROM issues WHERE issues.id = kept.{through} AND issues.project_id = %s)"
)
_EVENTS: Final[LiteralString] = """
    SELECT {columns}, dictionary_id, payload FROM events WHERE project_id = %s
"""
_DAYS: Final = text("""
    SELECT (received_at AT TIME ZONE 'UTC')::date, count(*) FROM events
    WHERE project_id = :project_id GROUP BY 1 ORDER BY 1
""")
_BOOKS: Final = text("""
    SELECT day, account, sum(count)::bigint FROM book_entries
    WHERE project_id = :project_id AND account = ANY(:accounts)
    GROUP BY day, account ORDER BY day, account
""")


@dataclass(frozen=True, slots=True)
class Exported:
    """`unreadable` events are in the file without the documents that could not be opened."""

    project: str
    counts: Mapping[str, int]
    checksum: str
    unreadable: int


def write_project(
    database: Database, name_or_id: str, file: BinaryIO, *, version: str, now: datetime
) -> Exported:
    """In one snapshot, so that rows and counts are of one moment; nobody is kept waiting."""
    with database.transaction() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        project = projects.find(session, name_or_id)
        writer = Writer(file, _header(session, project, version=version, now=now))
        for kind in TABLES:
            for row in _rows(session, kind, project.id):
                writer.row(kind.name, orjson.Fragment(row))
        for entry in _books(session, project.id):
            writer.row(BOOK, entry)
        unreadable = 0
        for event in _events(session, project.id):
            writer.row(EVENT, event)
            unreadable += event["document"] is None and not event["thinned"]
        return Exported(project.name, dict(writer.counts), writer.finish(), unreadable)


def _header(session: Session, project: Project, *, version: str, now: datetime) -> dict[str, Any]:
    days: list[tuple[date, int]] = [
        (day, count) for day, count in session.execute(_DAYS, {"project_id": project.id})
    ]
    return {
        "mendline": version,
        "exported_at": now,
        "project": {
            "name": project.name,
            "settings": project.settings,
            "created_at": project.created_at,
        },
        "days": [[day.isoformat(), count] for day, count in days],
    }


def _rows(session: Session, kind: Kind, project_id: int) -> Iterator[str]:
    belongs = _OWN if kind.through is None else _THROUGH
    names = {"through": sql.Identifier(kind.through or "")}
    statement = sql.SQL(_ROWS).format(
        columns=_names((*kind.columns, *kind.issues)),
        table=sql.Identifier(kind.table),
        belongs=sql.SQL(belongs).format(**names),
    )
    with driver_connection(session).cursor(name=f"export_{kind.name}") as cursor:
        cursor.itersize = FETCHED
        for (row,) in cursor.execute(statement, [project_id]):
            yield row


def _books(session: Session, project_id: int) -> Iterator[dict[str, Any]]:
    values = {"project_id": project_id, "accounts": list(ACCOUNTS)}
    for day, account, count in session.execute(_BOOKS, values):
        yield {"day": day, "account": account, "count": count}


def _events(session: Session, project_id: int) -> Iterator[dict[str, Any]]:
    """With their documents as JSON: whoever reads them needs no dictionary."""
    payloads = Payloads()
    statement = sql.SQL(_EVENTS).format(columns=_names(EVENT_COLUMNS))
    with driver_connection(session).cursor(name="export_events", binary=True) as cursor:
        cursor.itersize = FETCHED
        for *values, dictionary_id, payload in cursor.execute(statement, [project_id]):
            event = dict(zip(EVENT_COLUMNS, values, strict=True))
            event["event_id"] = event["event_id"].hex
            event["document"] = _document(payloads, session, payload, dictionary_id)
            yield event


def _document(
    payloads: Payloads, session: Session, payload: bytes | None, dictionary_id: int | None
) -> orjson.Fragment | None:
    if payload is None:
        return None
    try:
        return orjson.Fragment(payloads.raw(session, payload, dictionary_id))
    except PayloadError as error:
        log.warning("export.unreadable", error=str(error))
        return None


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))

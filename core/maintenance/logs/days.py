"""The day partitions of `log_lines`: made when they are missed, dropped by age and by bytes.

What a day holds is written once and read seldom, so locks are short: a day is made or dropped in
one transaction, which gives up soon where it has to wait, and is tried again by the next run.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

from core.store.engine import Database, driver_connection
from core.store.partitions import midnight

# Whoever writes lines or changes partitions holds it; so ids rise in the order of commits.
LOCK: Final = 0x4D454C47
PATIENCE: Final[LiteralString] = "SET LOCAL lock_timeout = '3s'"
GRAVE: Final = 30
# A day that alone is over the budget keeps this share of it.
SHARE: Final = 0.5
_NAME: Final = re.compile(r"log_lines_(\d{4})(\d{2})(\d{2})")
_SIZES: Final[LiteralString] = """
    SELECT child.relname, pg_total_relation_size(child.oid) FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'log_lines'::regclass
"""
_COPY: Final[LiteralString] = """
    INSERT INTO {new} SELECT * FROM {old} WHERE id > %(grave)s AND (level >= 30 OR id > %(after)s)
"""
# The id before the newest so many lines, of all and of the grave ones.
_CUT: Final[LiteralString] = """
    SELECT coalesce((SELECT id FROM {old} ORDER BY id DESC OFFSET %s LIMIT 1), 0),
        coalesce((SELECT id FROM {old} WHERE level >= 30 ORDER BY id DESC OFFSET %s LIMIT 1), 0)
"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class LogKeeping:
    """How long lines are kept, and how many bytes they may take with their indexes."""

    days: int = 14
    bytes: int = 512 * 2**20


@dataclass(frozen=True, slots=True)
class LogsKept:
    """`lines_dropped` went from within a day that alone was over the budget."""

    made: tuple[date, ...]
    dropped: tuple[date, ...]
    lines_dropped: int
    bytes: int


def name(day: date) -> str:
    return f"log_lines_{day:%Y%m%d}"


def ensure(connection: Connection, days: Collection[date]) -> list[date]:
    """Inside a transaction. Returns the days made."""
    connection.execute(PATIENCE)
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    missing = sorted(set(days) - sizes(connection).keys())
    for day in missing:
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF log_lines FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(name(day)),
                sql.Literal(midnight(day)),
                sql.Literal(midnight(day + timedelta(days=1))),
            )
        )
    return missing


def sizes(connection: Connection) -> dict[date, int]:
    """Bytes of each day, with its indexes."""
    found = ((_NAME.fullmatch(each), size) for each, size in connection.execute(_SIZES))
    return {date(*map(int, match.groups())): size for match, size in found if match}


def surplus(known: Mapping[date, int], values: LogKeeping, today: date) -> list[date]:
    """The days to drop: those that are too old, then the oldest until the rest fits.

    Today stays, whatever its size: it is thinned instead.
    """
    first = today - timedelta(days=values.days)
    gone = [day for day in sorted(known) if day < first]
    total = sum(size for day, size in known.items() if day >= first)
    for day in sorted(day for day in known if first <= day < today):
        if total <= values.bytes:
            break
        gone.append(day)
        total -= known[day]
    return gone


def keep(database: Database, values: LogKeeping, now: datetime) -> LogsKept:
    today = now.date()
    with database.transaction() as session:
        made = ensure(driver_connection(session), [today, today + timedelta(days=1)])
    with database.transaction() as session:
        dropped = surplus(sizes(driver_connection(session)), values, today)
    for day in dropped:
        with database.transaction() as session:
            _drop(driver_connection(session), day)
    with database.transaction() as session:
        thinned = _thin(driver_connection(session), values, today)
    with database.transaction() as session:
        left = sum(sizes(driver_connection(session)).values())
    return LogsKept(tuple(made), tuple(dropped), thinned, left)


def _drop(connection: Connection, day: date) -> None:
    connection.execute(PATIENCE)
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name(day))))


def _thin(connection: Connection, values: LogKeeping, today: date) -> int:
    """Where today alone is over the budget, its newest lines are copied aside, and the grave ones.

    The old table goes as a whole: no row is deleted, and the disk has its space at once.
    """
    size = sizes(connection).get(today, 0)
    if size <= values.bytes:
        return 0
    connection.execute(PATIENCE)
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    old, new = sql.Identifier(name(today)), sql.Identifier(f"{name(today)}_kept")
    total = _count(connection, old)
    room = int(total * SHARE * values.bytes / size / 2)
    cut = connection.execute(sql.SQL(_CUT).format(old=old), [room, room]).fetchone()
    assert cut is not None
    connection.execute(sql.SQL("CREATE TABLE {} (LIKE log_lines)").format(new))
    copied = connection.execute(
        sql.SQL(_COPY).format(new=new, old=old), {"after": cut[0], "grave": min(cut)}
    ).rowcount
    _put_in_place(connection, today, new)
    return total - copied


def _put_in_place(connection: Connection, day: date, new: sql.Identifier) -> None:
    """Under the name of the day; its indexes are made as it is attached."""
    old = sql.Identifier(name(day))
    connection.execute(sql.SQL("DROP TABLE {}").format(old))
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(new, old))
    connection.execute(
        sql.SQL("ALTER TABLE log_lines ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            old, sql.Literal(midnight(day)), sql.Literal(midnight(day + timedelta(days=1)))
        )
    )


def _count(connection: Connection, table: sql.Identifier) -> int:
    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
    return int(found[0]) if found else 0

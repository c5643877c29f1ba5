"""The day partitions of `events`: made ahead, dropped when their time is over.

1. A partition is made as a plain table like its parent and then attached: that lock lets reads
   and writes of the other partitions go on, while `CREATE … PARTITION OF` waits for all of them.
2. It is dropped by detaching concurrently first, for the same reason. A process killed between
   the steps leaves a table that is half or wholly detached; the next run finishes it.
3. There is no default partition: attaching would have to scan it.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from core.store.engine import Database

LOCK: Final = 0x4D455654
# How long dropping waits for transactions that still read the day; a dump may take hours.
PATIENCE: Final = "30s"
_NAME: Final = re.compile(r"events_(\d{4})(\d{2})(\d{2})")

_ATTACHED = text("""
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'events'::regclass AND NOT inhdetachpending
""")
_PENDING = text("""
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'events'::regclass AND inhdetachpending
""")
_LOOSE = text("""
    SELECT relname FROM pg_class
    WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
      AND relkind = 'r' AND NOT relispartition AND relname ~ '^events_[0-9]{8}$'
""")


def name(day: date) -> str:
    return f"events_{day:%Y%m%d}"


def days(session: Session) -> list[date]:
    """The days that have a partition, oldest first."""
    return sorted(_days_of(session.execute(_ATTACHED).scalars()))


def ensure(session: Session, first: date, last: date) -> list[date]:
    """Makes the missing partitions from `first` to `last`, both included; returns the days made.

    Best in a transaction of its own: others who miss a partition wait until it is committed.
    """
    wanted = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    if wanted <= set(days(session)):
        return []
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    missing = sorted(wanted - set(days(session)))
    for day in missing:
        _make(session, day)
    return missing


def drop_before(database: Database, day: date) -> list[date]:
    """Drops the partitions of all days before `day`; returns the days dropped.

    Not inside a transaction: detaching concurrently needs two of its own.
    """
    with _impatient(database) as connection:
        _finish_interrupted(connection, day)
        old = sorted(d for d in _days_of(connection.execute(_ATTACHED).scalars()) if d < day)
        for each in old:
            part = name(each)
            connection.execute(text(f"ALTER TABLE events DETACH PARTITION {part} CONCURRENTLY"))
            connection.execute(text(f"DROP TABLE {part}"))
        return old


@contextmanager
def _impatient(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        steady = connection.execution_options(isolation_level="AUTOCOMMIT")
        steady.execute(text(f"SET lock_timeout = '{PATIENCE}'"))
        try:
            yield steady
        finally:
            connection.invalidate()  # the next user of a pooled connection may have to wait longer


def _finish_interrupted(connection: Connection, day: date) -> None:
    for pending in list(connection.execute(_PENDING).scalars()):
        connection.execute(text(f"ALTER TABLE events DETACH PARTITION {pending} FINALIZE"))
    for loose in _days_of(connection.execute(_LOOSE).scalars()):
        if loose < day:
            connection.execute(text(f"DROP TABLE {name(loose)}"))


def _make(session: Session, day: date) -> None:
    """A table that an interrupted drop left behind is attached again with what it holds."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    session.execute(text(f"CREATE TABLE IF NOT EXISTS {name(day)} (LIKE events INCLUDING ALL)"))
    session.execute(
        text(
            f"ALTER TABLE events ATTACH PARTITION {name(day)} "
            f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
        )
    )


def midnight(day: date) -> datetime:
    """The day's first moment in UTC, whatever the server's time zone is."""
    return datetime.combine(day, time(), UTC)


def _days_of(names: Iterable[str]) -> set[date]:
    matches = (_NAME.fullmatch(each) for each in names)
    return {date(*(int(part) for part in match.groups())) for match in matches if match}

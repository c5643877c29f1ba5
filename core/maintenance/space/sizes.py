"""How much of each day's partition is of which project; days that are over are measured once."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.maintenance.space.plan import Budgets, DaySize, Level
from core.store import partitions
from core.store.engine import Database
from core.store.partitions import midnight

# Head of a row, its place on the page, its two entries in indexes and its event id.
ROW_BYTES: Final = 200

_KNOWN: Final = text("SELECT day, project_id, bytes, cropped FROM event_days ORDER BY day")
# A project that has nothing left keeps its row until the day goes, with nothing in it.
_NOTHING: Final = text("""
    UPDATE event_days SET events = 0, bytes = 0, measured_at = :now WHERE day = :day""")
_AGAIN: Final = text("""
    UPDATE event_days SET measured_at = given.at
    FROM unnest(CAST(:days AS date[]), CAST(:at AS timestamptz[])) AS given (day, at)
    WHERE event_days.day = given.day""")
_SETTINGS: Final = text("""
    SELECT id, (settings ->> 'retention_bytes')::bigint, (settings ->> 'retention_days')::int
    FROM projects WHERE settings ?| array['retention_bytes', 'retention_days']""")


def measure(database: Database, now: datetime) -> None:
    """All days that have a partition; a day that was measured after its end is left alone."""
    with database.transaction() as session:
        days = [day for day in partitions.days(session) if day <= now.date()]
        done = {day for day in days if _is_done(session, day)}
    for day in days:
        if day not in done:
            with database.transaction() as session:
                measure_day(session, day, now)


def measure_day(session: Session, day: date, now: datetime) -> None:
    part = partitions.name(day)
    session.execute(_NOTHING, {"day": day, "now": now})
    session.execute(
        text(
            f"""
            INSERT INTO event_days AS known
                (day, project_id, events, bytes, cropped, measured_at)
            SELECT :day, project_id, count(*),
                sum(coalesce(pg_column_size(payload), 0) + {ROW_BYTES}), 0, :now
            FROM {part} GROUP BY project_id
            ON CONFLICT (day, project_id) DO UPDATE SET events = excluded.events,
                bytes = excluded.bytes, measured_at = excluded.measured_at
            """  # noqa: S608  the name is built from a date
        ),
        {"day": day, "now": now},
    )


def known(session: Session) -> list[DaySize]:
    """A day that was dropped keeps its rows until retention is done: it takes no room any more."""
    there = set(partitions.days(session))
    return [
        DaySize(day, project, size, Level(level))
        for day, project, size, level in session.execute(_KNOWN)
        if day in there
    ]


def measure_again(session: Session, days: Collection[date]) -> None:
    """Of days that are over, to which more was added than a late event."""
    moments = {"days": sorted(days), "at": [midnight(day) for day in sorted(days)]}
    session.execute(_AGAIN, moments)


def budgets(session: Session, *, each: int | None, total: int | None) -> Budgets:
    """What is set for all, and what projects have of their own."""
    rows: Sequence[tuple[int, int | None, int | None]] = [
        (project, size, days) for project, size, days in session.execute(_SETTINGS)
    ]
    return Budgets(
        each=each,
        total=total,
        of={project: size for project, size, _ in rows if size is not None},
        days={project: days for project, _, days in rows if days is not None},
    )


def _is_done(session: Session, day: date) -> bool:
    """Measured after the next day had begun, when nearly nothing comes in any more."""
    statement = text("SELECT min(measured_at) FROM event_days WHERE day = :day")
    at = session.execute(statement, {"day": day}).scalar()
    return at is not None and at.date() > day

"""Upkeep of the day partitions: there is always one for tomorrow, and none that is too old."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.maintenance.values import Keeping, first_day_kept
from core.store import partitions
from core.store.engine import Database

log = structlog.get_logger()

# Pages of a partition whose event ids are forgotten in one transaction: some ten thousand ids.
PAGES = 1_000


@dataclass(frozen=True, slots=True)
class PartitionsKept:
    """`missing` days of today and tomorrow mean that digestion stands still, or will soon."""

    made: tuple[date, ...]
    dropped: tuple[date, ...]
    ids_forgotten: int
    missing: tuple[date, ...]


def keep(database: Database, values: Keeping, now: datetime) -> PartitionsKept:
    """Makes those ahead first, since only they are urgent; then drops what retention is over for.

    An event id is forgotten with its event: just before, so that no id outlives its partition.
    """
    today = now.date()
    with database.transaction() as session:
        ahead = today + timedelta(days=values.partition_days_ahead)
        made = partitions.ensure(session, today - timedelta(days=1), ahead)
    first_kept = first_day_kept(values, now)
    forgotten = _forget_ids(database, first_kept)
    dropped = partitions.drop_before(database, first_kept)
    with database.transaction() as session:
        gone = missing(session, now)
    if gone:
        log.error("partitions.missing", days=[day.isoformat() for day in gone])
    return PartitionsKept(tuple(made), tuple(dropped), forgotten, tuple(gone))


def missing(session: Session, now: datetime) -> list[date]:
    """Of today and tomorrow the days without a partition; also asked by the health checks."""
    present = set(partitions.days(session))
    return [day for day in (now.date(), now.date() + timedelta(days=1)) if day not in present]


def _forget_ids(database: Database, first_kept: date) -> int:
    with database.transaction() as session:
        old = [day for day in partitions.days(session) if day < first_kept]
    return sum(_forget_ids_of(database, partitions.name(day)) for day in old)


def _forget_ids_of(database: Database, partition: str) -> int:
    """Goes through the partition page by page; a run that was killed begins again, harmlessly."""
    statement = text(
        f"""
        WITH gone AS (
            DELETE FROM event_ids USING {partition} AS event
            WHERE event.ctid >= CAST(:first AS tid) AND event.ctid < CAST(:end AS tid)
              AND event_ids.event_id = event.event_id AND event_ids.project_id = event.project_id
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """  # noqa: S608  the name is built from a date
    )
    count = 0
    for page in range(0, _pages(database, partition), PAGES):
        with database.transaction() as session:
            places = {"first": f"({page},0)", "end": f"({page + PAGES},0)"}
            count += session.execute(statement, places).scalar_one()
    return count


def _pages(database: Database, partition: str) -> int:
    size = text(
        "SELECT pg_relation_size(CAST(:name AS regclass)) / current_setting('block_size')::bigint"
    )
    with database.transaction() as session:
        pages: int = session.execute(size, {"name": partition}).scalar_one()
        return pages

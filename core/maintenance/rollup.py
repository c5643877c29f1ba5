"""Counts grow coarser with age: by the minute, then by the hour, then by the day.

For each bucket that is wholly old enough, in one transaction: delete the fine rows, add their sum
to the coarse row. Whatever is killed or runs twice, every event is counted exactly once; rows that
arrive late for a bucket that is done are added to it by the next run.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, text

from core.maintenance.values import Keeping
from core.store.components import ADD_UP
from core.store.engine import Database

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """Rows of `fine` resolution that begin before `before` become rows of `coarse` resolution."""

    fine: int
    coarse: int
    before: datetime


@dataclass(frozen=True, slots=True)
class RolledUp:
    """How many buckets were made coarser, how many rows went and how many they became."""

    buckets: int = 0
    rows_before: int = 0
    rows_after: int = 0


ISSUES: Final = text("""
    WITH gone AS (
        DELETE FROM issue_minutes
        WHERE resolution = :fine AND minute >= :start AND minute < :end
        RETURNING issue_id, project_id, events
    ), made AS (
        INSERT INTO issue_minutes AS kept (issue_id, minute, resolution, project_id, events)
        SELECT issue_id, :start, :coarse, min(project_id), sum(events)
        FROM gone GROUP BY issue_id ORDER BY issue_id
        ON CONFLICT (issue_id, minute, resolution)
        DO UPDATE SET events = kept.events + excluded.events
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM made)
""")

COMPONENTS: Final = text(f"""
    WITH gone AS (
        DELETE FROM component_minutes
        WHERE resolution = :fine AND minute >= :start AND minute < :end
        RETURNING *
    ), places AS (
        SELECT project_id, component, place, sum(value)::bigint AS total
        FROM gone, unnest(duration_buckets) WITH ORDINALITY AS bucket (value, place)
        GROUP BY project_id, component, place
    ), buckets AS (
        SELECT project_id, component, array_agg(total ORDER BY place) AS totals
        FROM places GROUP BY project_id, component
    ), made AS (
        INSERT INTO component_minutes AS kept (
            project_id, component, minute, resolution, events, successes, failures,
            duration_count, duration_sum, duration_max, duration_buckets, memory_max,
            connections_lost
        )
        SELECT project_id, component, :start, :coarse, sum(events), sum(successes), sum(failures),
            sum(duration_count), sum(duration_sum), max(duration_max),
            coalesce(totals, '{{}}'), max(memory_max), sum(connections_lost)
        FROM gone LEFT JOIN buckets USING (project_id, component)
        GROUP BY project_id, component, totals ORDER BY project_id, component
        {ADD_UP}
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM made)
""")  # noqa: S608  nothing but constants

STATEMENTS: Final = {"issue_minutes": ISSUES, "component_minutes": COMPONENTS}


def floor(moment: datetime, seconds: int) -> datetime:
    """The beginning of the moment's hour or day in UTC."""
    whole = int(moment.timestamp()) // seconds * seconds
    return datetime.fromtimestamp(whole, UTC)


def steps(values: Keeping, now: datetime) -> tuple[Step, ...]:
    return (
        Step(MINUTE, HOUR, floor(now - timedelta(days=values.minute_days), HOUR)),
        Step(HOUR, DAY, floor(now - timedelta(days=values.hour_days), DAY)),
    )


def thin(database: Database, values: Keeping, now: datetime) -> RolledUp:
    buckets = rows_before = rows_after = 0
    for table, statement in STATEMENTS.items():
        for step in steps(values, now):
            while (oldest := _oldest(database, table, step)) is not None:
                gone, made = _coarsen(database, statement, step, floor(oldest, step.coarse))
                buckets, rows_before, rows_after = (
                    buckets + 1,
                    rows_before + gone,
                    rows_after + made,
                )
    return RolledUp(buckets, rows_before, rows_after)


def _oldest(database: Database, table: str, step: Step) -> datetime | None:
    statement = text(
        f"SELECT min(minute) FROM {table} WHERE resolution = :fine AND minute < :before"  # noqa: S608
    )
    with database.transaction() as session:
        found: datetime | None = session.execute(
            statement, {"fine": step.fine, "before": step.before}
        ).scalar_one()
        return found


def _coarsen(
    database: Database, statement: TextClause, step: Step, start: datetime
) -> tuple[int, int]:
    values = {
        "fine": step.fine,
        "coarse": step.coarse,
        "start": start,
        "end": start + timedelta(seconds=step.coarse),
    }
    with database.transaction() as session:
        gone, made = session.execute(statement, values).one()
        return gone, made

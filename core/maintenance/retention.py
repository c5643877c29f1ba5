"""Deletes what its time is over for, a bounded batch in each transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, text

from core.maintenance.values import Keeping
from core.store.engine import Database


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows deleted, by table."""

    deleted: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.deleted.values())


# Which rows of a table are too old, by `:before`.
OVER: Final = {
    "work_items": "finished_at < :before",
    "schedule_runs": "claimed_at < :before",
    "dead_letters": "closed_at < :before AND state <> 'open'",
    "signals": "at < :before AND processed_at IS NOT NULL",
    "issue_minutes": "resolution IN (60, 3600, 86400) AND minute < :before",
    "component_minutes": "resolution IN (60, 3600, 86400) AND minute < :before",
}


def days_of(values: Keeping) -> dict[str, int]:
    return {
        "work_items": values.run_days,
        "schedule_runs": values.run_days,
        "dead_letters": values.deadletter_days,
        "signals": values.run_days,
        "issue_minutes": values.rollup_days,
        "component_minutes": values.rollup_days,
    }


def clean(database: Database, values: Keeping, now: datetime) -> Cleaned:
    """Events and their ids go by partition (`core.maintenance.partitions`).

    Histories of issues and the books stay: they are small and tell what was.
    """
    return Cleaned(
        {
            table: _delete(database, table, before=now - timedelta(days=days), batch=values.batch)
            for table, days in days_of(values).items()
        }
    )


def _delete(database: Database, table: str, *, before: datetime, batch: int) -> int:
    """Until a batch is not full. Rows that somebody holds are left for the next run."""
    statement, total = _statement(table), 0
    while True:
        with database.transaction() as session:
            values = {"before": before, "batch": batch}
            count: int = session.execute(statement, values).scalar_one()
        total += count
        if count < batch:
            return total


def _statement(table: str) -> TextClause:
    return text(
        f"""
        WITH gone AS (
            DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {table} WHERE {OVER[table]}
                LIMIT :batch FOR UPDATE SKIP LOCKED
            ))
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """  # noqa: S608  table and condition stand above
    )

"""Deletes what its time is over for, a bounded batch in each transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, text

from core.maintenance.lifetimes import LIFETIMES, Aged
from core.maintenance.values import Keeping
from core.store.engine import Database


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows deleted, by table."""

    deleted: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.deleted.values())


def clean(database: Database, values: Keeping, now: datetime) -> Cleaned:
    """Events and their ids go by partition (`core.maintenance.partitions`)."""
    aged = {name: each for name, each in LIFETIMES.items() if isinstance(each, Aged)}
    return Cleaned(
        {name: _delete(database, (name, each), values, now) for name, each in aged.items()}
    )


def _delete(database: Database, what: tuple[str, Aged], values: Keeping, now: datetime) -> int:
    """Until a batch is not full. Rows that somebody holds are left for the next run."""
    name, aged = what
    statement, total = _statement(aged.table or name, aged.over), 0
    before = now - timedelta(days=aged.days_in(values))
    while True:
        with database.transaction() as session:
            told = {"before": before, "batch": values.batch}
            count: int = session.execute(statement, told).scalar_one()
        total += count
        if count < values.batch:
            return total


def _statement(table: str, over: str) -> TextClause:
    return text(
        f"""
        WITH gone AS (
            DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {table} WHERE {over} LIMIT :batch FOR UPDATE SKIP LOCKED
            ))
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """  # noqa: S608  table and condition stand in our own code
    )

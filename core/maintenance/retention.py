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
    "replay_runs": "finished_at < :before",
    "audit_entries": "at < :before",
    "scale_decisions": "at < :before",
    "breaker_transitions": "at < :before",
    "backups": "removed_at < :before",
    "transactions": "ended_at < :before",
    "sagas": "ended_at < :before",
    "retry_rates": "hour < :before",
    "signals": "at < :before AND processed_at IS NOT NULL",
    "issue_minutes": "resolution IN (60, 3600, 86400) AND minute < :before",
    "component_minutes": "resolution IN (60, 3600, 86400) AND minute < :before",
    "rule_hits": "day < :before",
    "issue_facets": "last_seen < :before",
    "issue_traces": "kind = 2 AND seen_at < :before",
    "issue_visitors": "seen_at < :before",
    "visitor_limits": """set_at < :before AND NOT EXISTS (
        SELECT FROM issue_visitors AS met
        WHERE met.project_id = visitor_limits.project_id AND met.kind = visitor_limits.kind
          AND met.issue_id = visitor_limits.issue_id
    )""",
    "sightings": "last_seen < :before",
    "issue_shapes": """made_at < :before AND NOT EXISTS (
        SELECT FROM issue_fingerprints AS known JOIN issues ON issues.id = known.issue_id
        WHERE known.project_id = issue_shapes.project_id
          AND known.issue_key = issue_shapes.issue_key AND issues.last_seen >= :before
    )""",
    "mark_counts": "counted_at < :before",
    "merge_suggestions": "state = 'open' AND made_at < :before",
    "correlation_groups": "closed_at < :before",
}
# Where a part of a table has a time of its own.
PART_OF: Final = {"issue_traces": "issue_visitors"}


def days_of(values: Keeping) -> dict[str, int]:
    return {
        "work_items": values.run_days,
        "schedule_runs": values.run_days,
        "dead_letters": values.deadletter_days,
        "replay_runs": values.deadletter_days,
        "audit_entries": values.rollup_days,
        "scale_decisions": values.run_days,
        "breaker_transitions": values.rollup_days,
        "backups": values.rollup_days,
        "transactions": values.run_days,
        "sagas": values.run_days,
        "retry_rates": values.run_days,
        "signals": values.run_days,
        "issue_minutes": values.rollup_days,
        "component_minutes": values.rollup_days,
        "rule_hits": values.rollup_days,
        "issue_facets": values.rollup_days,
        "issue_traces": values.trace_days,
        "issue_visitors": values.event_days,
        "visitor_limits": values.event_days,
        "sightings": values.rollup_days,
        "issue_shapes": values.event_days,
        "mark_counts": values.rollup_days,
        "merge_suggestions": values.event_days,
        "correlation_groups": values.event_days,
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
    whole = PART_OF.get(table, table)
    return text(
        f"""
        WITH gone AS (
            DELETE FROM {whole} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {whole} WHERE {OVER[table]}
                LIMIT :batch FOR UPDATE SKIP LOCKED
            ))
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """  # noqa: S608  table and condition stand above
    )

"""Forgets runs of frequent jobs early: nobody looks for one run of thousands a day."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

FREQUENT_SECONDS: Final = 600
KEPT: Final = timedelta(hours=1)
BATCH: Final = 5_000

# Work that did not end well stays as long as any other.
_TIDY: Final = text("""
    WITH old AS (
        DELETE FROM schedule_runs WHERE (job, slot) IN (
            SELECT run.job, run.slot
            FROM schedule_runs AS run
            JOIN schedules ON schedules.job = run.job AND schedules.interval <= :frequent
            JOIN work_items AS item ON item.id = run.work_id
            WHERE run.claimed_at < :before AND item.state IN ('done', 'cancelled')
            LIMIT :batch)
        RETURNING work_id)
    DELETE FROM work_items USING old
    WHERE work_items.id = old.work_id AND work_items.state IN ('done', 'cancelled')""")
_ORPHANS: Final = text("""
    DELETE FROM schedule_runs AS run USING schedules
    WHERE schedules.job = run.job AND schedules.interval <= :frequent
      AND run.claimed_at < :before
      AND NOT EXISTS (SELECT 1 FROM work_items WHERE work_items.id = run.work_id)""")


def tidy(session: Session, now: datetime) -> None:
    values = {"frequent": FREQUENT_SECONDS, "before": now - KEPT, "batch": BATCH}
    session.execute(_TIDY, values)
    session.execute(_ORPHANS, values)

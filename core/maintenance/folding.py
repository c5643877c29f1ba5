"""Adds the books of old days up by the month: their sums stay, to the last event."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import text

from core.maintenance.values import Keeping
from core.store.engine import Database

_OLDEST: Final = text("""
    SELECT min(day) FROM book_entries
    WHERE day < :before AND (writer <> 0 OR day <> date_trunc('month', day)::date)""")
_FOLD: Final = text("""
    WITH gone AS (
        DELETE FROM book_entries
        WHERE day >= :first AND day < :end AND day < :before RETURNING *
    ), made AS (
        INSERT INTO book_entries (day, project_id, account, reason, writer, count)
        SELECT :first, project_id, account, reason, 0, sum(count) FROM gone
        GROUP BY project_id, account, reason
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM made)""")


@dataclass(frozen=True, slots=True)
class Folded:
    rows: int = 0


def fold(database: Database, values: Keeping, now: datetime) -> Folded:
    """A month at a time, of days that the proof of the books no longer compares one by one."""
    before = now.date() - timedelta(days=values.event_days + values.hour_days)
    rows = 0
    while (month := _oldest(database, before)) is not None:
        following = (month + timedelta(days=31)).replace(day=1)
        with database.transaction() as session:
            span = {"first": month, "end": following, "before": before}
            rows += session.execute(_FOLD, span).scalar_one()
    return Folded(rows)


def _oldest(database: Database, before: date) -> date | None:
    with database.transaction() as session:
        found: date | None = session.execute(_OLDEST, {"before": before}).scalar_one()
    return found and found.replace(day=1)

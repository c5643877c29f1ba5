"""Counts over the stages, day by day: what the minutes say is what there are events."""

from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import text

from core.maintenance.integrity.check import Check, Fault
from core.maintenance.proof import Day, gather
from core.store.engine import Database
from core.store.partitions import midnight

# At the fineness that the day's counts have: what is coarser already stays so.
_FINENESS: Final = text("""
    SELECT coalesce(max(resolution), 60) FROM issue_minutes
    WHERE project_id = :project AND minute >= :first AND minute < :last
""")
_FORGET: Final = text("""
    DELETE FROM issue_minutes WHERE project_id = :project AND minute >= :first AND minute < :last
""")
_COUNT: Final = text("""
    INSERT INTO issue_minutes (issue_id, minute, resolution, project_id, events)
    SELECT issue_id, to_timestamp(floor(extract(epoch FROM received_at) / :seconds) * :seconds),
        :seconds, :project, count(*)
    FROM events WHERE project_id = :project AND received_at >= :first AND received_at < :last
    GROUP BY 1, 2
""")


def checks(since: date) -> list[Check]:
    return [Check("counts by the minute", partial(_look, since), partial(_mend, since))]


def _wrong(database: Database, since: date) -> list[Day]:
    """Where events gave way to a budget, the minutes alone know of them: they are left alone."""
    days = gather(database, since=since).days
    return [each for each in days if not each.cropped and each.counted != each.events]


def _look(since: date, database: Database) -> Fault | None:
    found = _wrong(database, since)
    if not found:
        return None
    first = found[0]
    told = f"{first.counted} counted, {first.events} stored (project {first.project_id})"
    return Fault(len(found), f"{len(found)} days, as {first.day}: {told}")


def _mend(since: date, database: Database) -> str:
    found = _wrong(database, since)
    for each in found:
        values: dict[str, Any] = {
            "project": each.project_id,
            "first": midnight(each.day),
            "last": midnight(each.day + timedelta(days=1)),
        }
        with database.transaction() as session:
            values["seconds"] = session.execute(_FINENESS, values).scalar_one()
            session.execute(_FORGET, values)
            session.execute(_COUNT, values)
    return f"counted {len(found)} days again"

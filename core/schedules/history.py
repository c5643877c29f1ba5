"""Runs of jobs together with what became of their work, for people to look through."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model.schedules import Schedule, ScheduleRun
from core.model.work import WorkItem
from core.store.paging import MOMENT, Cursor, Keyset, Page

NEWEST_FIRST: Final = Keyset(ScheduleRun.slot, ScheduleRun.work_id, MOMENT)


def page(
    session: Session,
    *,
    job: str | None = None,
    queue: str | None = None,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """Each row begins with the `ScheduleRun` and its `WorkItem`, which may be gone by now."""
    statement = select(ScheduleRun, WorkItem).outerjoin(
        WorkItem, WorkItem.id == ScheduleRun.work_id
    )
    if job is not None:
        statement = statement.where(ScheduleRun.job == job)
    if queue is not None:
        statement = statement.join(Schedule, Schedule.job == ScheduleRun.job)
        statement = statement.where(Schedule.queue == queue)
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)

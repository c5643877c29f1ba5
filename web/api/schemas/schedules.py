"""Jobs that run by the clock, and their runs."""

from typing import Any, Self

from core.model import ScheduleRun, WorkItem
from web.api.schemas.shape import Id, Moment, Shown


class ScheduleShown(Shown):
    job: str
    task: str
    queue: str
    priority: int
    cron: str | None
    interval: float | None
    timezone: str
    catch_up: str
    paused: bool
    next_slot: Moment
    last_slot: Moment | None


class WorkShown(Shown):
    state: str
    attempt: int
    started_at: Moment | None
    finished_at: Moment | None
    result: dict[str, Any] | None
    history: list[dict[str, Any]]


class RunShown(Shown):
    """`work` is null once the row of the ledger has been cleared away."""

    job: str
    slot: Moment
    cause: str
    claimed_at: Moment
    work_id: Id
    work: WorkShown | None

    @classmethod
    def of(cls, run: ScheduleRun, item: WorkItem | None) -> Self:
        return cls(
            job=run.job,
            slot=run.slot,
            cause=run.cause,
            claimed_at=run.claimed_at,
            work_id=str(run.work_id),
            work=item and WorkShown.model_validate(item),
        )


class Started(Shown):
    job: str
    work_id: Id

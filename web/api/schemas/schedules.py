"""Jobs that run by the clock, and their runs."""

from typing import Any

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


class RunShown(Shown):
    """`state` and what follows are the work item's; null once that row's time is over."""

    job: str
    slot: Moment
    cause: str
    claimed_at: Moment
    work_id: Id
    state: str | None
    attempt: int | None
    started_at: Moment | None
    finished_at: Moment | None
    result: dict[str, Any] | None

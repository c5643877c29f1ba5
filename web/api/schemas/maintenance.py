"""Runs of the jobs that keep the house, and what they found."""

from typing import Any

from web.api.schemas.shape import Id, Moment, Shown


class MaintenanceRunShown(Shown):
    """`amount` is what was done, in the unit of the job; `reason` why it waits, or failed."""

    id: Id
    job: str
    work_id: Id
    state: str
    attempts: int
    postponed: int
    asked_at: Moment
    began_at: Moment | None
    ended_at: Moment | None
    seconds: float | None
    amount: int | None
    result: dict[str, Any] | None
    reason: str | None


class FindingShown(Shown):
    check: str
    subject: str
    level: str
    summary: str
    advice: str
    value: float
    mark: float
    since: Moment
    seen_at: Moment

"""Jobs as rows: synced from their definitions, paused, resumed, run now, listed with their runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model.schedules import Schedule, ScheduleRun
from core.schedules.claim import claim_slot
from core.schedules.slots import CatchUp, Rhythm, rhythm

MANUAL: Final = "manual"


class JobNotFoundError(NotFoundError):
    """There is no such job."""

    code = "ML-REF-0019"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Exactly one of `cron` (in `timezone`) and `interval` (seconds) is given."""

    name: str
    task: str
    queue: str
    cron: str | None = None
    interval: float | None = None
    timezone: str = "UTC"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 5
    catch_up: CatchUp = CatchUp.SKIP
    at_start: bool = False  # the first slot of a new job is now

    @property
    def rhythm(self) -> Rhythm:
        return rhythm(self.cron, self.interval, self.timezone)


def sync(session: Session, jobs: Iterable[Job], now: datetime) -> None:
    """Definitions win over rows; a pause and, while the rhythm is the same, the next slot stay.

    A next slot that lies behind the first one from now on was found by a clock that was wrong.
    """
    for job in sorted(jobs, key=lambda job: job.name):
        defined = {
            "task": job.task,
            "queue": job.queue,
            "cron": job.cron,
            "interval": job.interval,
            "timezone": job.timezone,
            "arguments": dict(job.arguments),
            "priority": job.priority,
            "catch_up": str(job.catch_up),
        }
        first = now if job.at_start else job.rhythm.next(now)
        statement = insert(Schedule).values(
            job=job.name, next_slot=first, updated_at=now, **defined
        )
        session.execute(
            statement.on_conflict_do_nothing(index_elements=["job"]).returning(Schedule.job)
        )
        _update(session, job, defined, now)


def _update(session: Session, job: Job, defined: Mapping[str, Any], now: datetime) -> None:
    row = get(session, job.name)
    changed = {name for name, value in defined.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, defined[name])
    first = job.rhythm.next(now)
    if changed & {"cron", "interval", "timezone"} or row.next_slot > first:
        row.next_slot = first
        changed.add("next_slot")
    if changed:
        row.updated_at = now


def get(session: Session, job: str) -> Schedule:
    found = session.get(Schedule, job, with_for_update=True)
    if found is None:
        raise JobNotFoundError(f"There is no job {job!r}.", job=job)
    return found


def every(session: Session) -> Sequence[Schedule]:
    return session.scalars(select(Schedule).order_by(Schedule.job)).all()


def runs(
    session: Session, job: str, *, before: datetime | None = None, limit: int = 50
) -> Sequence[ScheduleRun]:
    """Newest first."""
    statement = select(ScheduleRun).where(ScheduleRun.job == job)
    if before is not None:
        statement = statement.where(ScheduleRun.slot < before)
    return session.scalars(statement.order_by(ScheduleRun.slot.desc()).limit(limit)).all()


def pause(session: Session, job: str, *, now: datetime) -> Schedule:
    row = get(session, job)
    if not row.paused:
        row.paused, row.updated_at = True, now
    return row


def resume(session: Session, job: str, *, now: datetime) -> Schedule:
    """What would have run during the pause does not run afterwards."""
    row = get(session, job)
    if row.paused:
        row.paused, row.updated_at = False, now
        row.next_slot = rhythm(row.cron, row.interval, row.timezone).next(now)
    return row


def run_now(session: Session, job: str, *, now: datetime) -> int:
    """A run beside the rhythm; the id of its work. Twice at one moment is once."""
    return claim_slot(session, get(session, job), now, now=now, cause=MANUAL)

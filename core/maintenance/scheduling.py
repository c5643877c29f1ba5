"""What people ask of the jobs that run by the clock, and who asked."""

from datetime import datetime

from sqlalchemy.orm import Session

from core import schedules
from core.access.audit import Act, Actor, record
from core.model import Schedule
from core.store import work


def pause(session: Session, job: str, actor: Actor, *, now: datetime) -> Schedule:
    if not schedules.get(session, job).paused:
        _record(session, "job.pause", job, actor, now=now)
    return schedules.pause(session, job, now=now)


def resume(session: Session, job: str, actor: Actor, *, now: datetime) -> Schedule:
    """What would have run during the pause does not run afterwards."""
    if schedules.get(session, job).paused:
        _record(session, "job.resume", job, actor, now=now)
    return schedules.resume(session, job, now=now)


def run_now(session: Session, job: str, actor: Actor, *, now: datetime) -> int:
    """A run beside the rhythm; the id of its work. Twice at one moment is once."""
    work_id = schedules.run_now(session, job, now=now)
    work.wake_dispatcher(session)
    _record(session, "job.run", job, actor, now=now, work_id=work_id)
    return work_id


def _record(
    session: Session, name: str, job: str, actor: Actor, *, now: datetime, work_id: int = 0
) -> None:
    act = Act(name=name, subject="job", subject_id=work_id, detail={"job": job})
    record(session, actor, act, now=now)

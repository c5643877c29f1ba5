"""Claims due slots: slot, ledger row and next slot in one transaction, so each is done once.

Any number of beats may ask at the same time: rows of others are passed over, and `(job, slot)` is
unique whatever happens. Publishing is the dispatcher's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model.schedules import Schedule, ScheduleRun
from core.schedules.slots import CatchUp, due, rhythm
from core.store import work
from core.store.work import WorkOrder

BATCH: Final = 50
SCHEDULED: Final = "schedule"
CAUGHT_UP: Final = "catch_up"


@dataclass(frozen=True, slots=True)
class Claimed:
    job: str
    slot: datetime
    work_id: int
    delay: float  # seconds from the slot to its claim


def claim_due(session: Session, now: datetime, *, limit: int = BATCH) -> list[Claimed]:
    waiting = (
        select(Schedule)
        .where(~Schedule.paused, Schedule.next_slot <= now)
        .order_by(Schedule.next_slot)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    jobs = session.scalars(waiting).all()
    return [claimed for job in jobs for claimed in _claim(session, job, now)]


def next_due(session: Session) -> datetime | None:
    """When a beat has something to do again."""
    return session.scalar(select(func.min(Schedule.next_slot)).where(~Schedule.paused))


def _claim(session: Session, job: Schedule, now: datetime) -> list[Claimed]:
    beat = rhythm(job.cron, job.interval, job.timezone)
    found = due(beat, CatchUp(job.catch_up), waiting_for=job.next_slot, now=now)
    claimed = []
    for slot in found.slots:
        late = slot is not found.slots[-1]
        work_id = claim_slot(session, job, slot, now=now, cause=CAUGHT_UP if late else SCHEDULED)
        claimed.append(Claimed(job.job, slot, work_id, (now - slot).total_seconds()))
    job.next_slot = found.next_slot
    if found.slots:
        job.last_slot = found.slots[-1]
    return claimed


def claim_slot(
    session: Session, job: Schedule, slot: datetime, *, now: datetime, cause: str
) -> int:
    """The work of the slot; the same when it had been claimed before."""
    run = insert(ScheduleRun).values(job=job.job, slot=slot, cause=cause, work_id=0, claimed_at=now)
    written = session.execute(run.on_conflict_do_nothing().returning(ScheduleRun.job)).first()
    mine = (ScheduleRun.job == job.job) & (ScheduleRun.slot == slot)
    if written is None:
        return session.execute(select(ScheduleRun.work_id).where(mine)).scalar_one()
    added = work.add(session, _order(job), now)
    session.execute(
        update(ScheduleRun)
        .where(mine)
        .values(work_id=added.work_id)
        .execution_options(synchronize_session=False)
    )
    return added.work_id


def _order(job: Schedule) -> WorkOrder:
    """Runs of a job do not pile up, unless each of its slots has to be done."""
    every_slot = job.catch_up == CatchUp.ALL
    return WorkOrder(
        task=job.task,
        arguments=job.arguments,
        queue=job.queue,
        priority=job.priority,
        unique_key=None if every_slot else f"job-{job.job}",
    )

"""Jobs that run by the clock."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from core import schedules
from core.maintenance import scheduling
from core.schedules import history
from web.api.acting import Acting
from web.api.auth import AsOperator, PlatformReader
from web.api.listing import Listed
from web.api.schemas.schedules import RunShown, ScheduleShown, Started
from web.api.services import Provided

router = APIRouter(prefix="/schedules", tags=["schedules"])


@router.get("", response_model=list[ScheduleShown], summary="List jobs with their next runs")
def list_schedules(services: Provided, _who: PlatformReader) -> Sequence[Any]:
    with services.database.transaction() as session:
        return schedules.every(session)


@router.get("/{job}", summary="One job")
def get_schedule(job: str, services: Provided, _who: PlatformReader) -> ScheduleShown:
    with services.database.transaction() as session:
        return ScheduleShown.model_validate(schedules.get(session, job))


@router.get("/{job}/runs", summary="The runs of a job, newest first")
def list_runs(job: str, services: Provided, _who: PlatformReader, ask: Listed) -> list[RunShown]:
    with services.database.transaction() as session:
        schedules.get(session, job)
        page = history.page(session, job=job, cursor=ask.cursor, limit=ask.limit)
        ask.link(page)
        return [RunShown.of(run, item) for run, item, *_ in page.rows]


@router.post("/{job}/pause", summary="No slot of it is claimed until it is resumed")
def pause_schedule(job: str, services: Provided, actor: AsOperator, act: Acting) -> ScheduleShown:
    def pause(session: Session) -> ScheduleShown:
        paused = scheduling.pause(session, job, actor, now=services.clock.now())
        return ScheduleShown.model_validate(paused)

    return act.once(ScheduleShown, pause)


@router.post("/{job}/resume", summary="It goes on with its next slot")
def resume_schedule(job: str, services: Provided, actor: AsOperator, act: Acting) -> ScheduleShown:
    def resume(session: Session) -> ScheduleShown:
        resumed = scheduling.resume(session, job, actor, now=services.clock.now())
        return ScheduleShown.model_validate(resumed)

    return act.once(ScheduleShown, resume)


@router.post("/{job}/run", status_code=202, summary="A run beside its rhythm, at once")
def run_schedule(job: str, services: Provided, actor: AsOperator, act: Acting) -> Started:
    def run(session: Session) -> Started:
        work_id = scheduling.run_now(session, job, actor, now=services.clock.now())
        return Started(job=job, work_id=str(work_id))

    return act.once(Started, run)

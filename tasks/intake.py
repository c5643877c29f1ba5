"""Errors that applications send over the broker they share with us."""

from typing import Any

from config import wiring
from core.intake.report import accept_report
from tasks.base import Delivery, Queue, Result, Work, task


@task("intake.report", queue=Queue.INTAKE, delivery=Delivery.CONTENT)
def report(work: Work, /, **reported: Any) -> Result:
    runtime = work.runtime
    accepted = accept_report(
        work.session,
        reported,
        message_id=work.key,
        received_at=runtime.clock.now(),
        limits=wiring.limits(runtime.settings),
        wake=runtime.wake,
    )
    return {"event_id": accepted.event_id}

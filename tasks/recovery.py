"""Recovery: signals become recoveries, recoveries act, and what was done is looked at."""

from tasks.base import Delivery, Queue, Result, Work, task


@task("recovery.plan", queue=Queue.RECOVERY, delivery=Delivery.WAKE_UP)
def plan(work: Work) -> None:
    work.runtime.mending.plan()


@task("recovery.sweep", queue=Queue.RECOVERY)
def sweep(work: Work) -> Result:
    return work.runtime.mending.sweep()


@task("recovery.expire", queue=Queue.RECOVERY)
def expire(work: Work) -> Result:
    return {"expired": work.runtime.mending.expire()}


@task("recovery.advance", queue=Queue.RECOVERY)
def advance(work: Work, *, recovery_id: int) -> Result:
    return {"state": work.runtime.mending.engine.advance(work.session, recovery_id)}


@task("recovery.attempt", queue=Queue.RECOVERY)
def attempt(work: Work, *, attempt_id: int) -> Result:
    return {"state": work.runtime.mending.acting.carry_out(attempt_id)}


@task("recovery.undo", queue=Queue.RECOVERY)
def undo(work: Work, *, attempt_id: int) -> Result:
    return {"state": work.runtime.mending.acting.undo(attempt_id)}


@task("recovery.verify", queue=Queue.RECOVERY)
def verify(work: Work, *, attempt_id: int, look: int) -> Result:
    return {"state": work.runtime.mending.verifying.look(attempt_id, look)}

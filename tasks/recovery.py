"""Recovery: signals become recoveries, recoveries act, and what was done is looked at."""

from typing import TYPE_CHECKING

from tasks.base import Delivery, Queue, Result, Work, task

if TYPE_CHECKING:
    from tasks.mending import Mending


def _mending(work: Work) -> "Mending":
    """How often and how far apart something is tried follows how it has gone lately."""
    work.runtime.learn()
    return work.runtime.mending


@task("recovery.plan", queue=Queue.RECOVERY, delivery=Delivery.WAKE_UP)
def plan(work: Work) -> None:
    _mending(work).plan()


@task("recovery.sweep", queue=Queue.RECOVERY)
def sweep(work: Work) -> Result:
    return _mending(work).sweep()


@task("recovery.expire", queue=Queue.RECOVERY)
def expire(work: Work) -> Result:
    return {"expired": _mending(work).expire()}


@task("recovery.advance", queue=Queue.RECOVERY)
def advance(work: Work, *, recovery_id: int) -> Result:
    return {"state": _mending(work).engine.advance(work.session, recovery_id)}


@task("recovery.attempt", queue=Queue.RECOVERY)
def attempt(work: Work, *, attempt_id: int) -> Result:
    return {"state": _mending(work).acting.carry_out(attempt_id)}


@task("recovery.undo", queue=Queue.RECOVERY)
def undo(work: Work, *, attempt_id: int) -> Result:
    return {"state": _mending(work).acting.undo(attempt_id)}


@task("recovery.verify", queue=Queue.RECOVERY)
def verify(work: Work, *, attempt_id: int, look: int) -> Result:
    return {"state": _mending(work).verifying.look(attempt_id, look)}

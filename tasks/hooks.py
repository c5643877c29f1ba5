"""Hooks: who is to be told of what, and the telling."""

from dataclasses import asdict
from typing import Any

from core.hooks import telling
from tasks.base import Queue, Result, Work, task


@task("hooks.announce", queue=Queue.RECOVERY)
def announce(work: Work) -> Result:
    return asdict(work.runtime.announcer.announce(work.session, work.runtime.clock.now()))


@task(telling.DELIVER, queue=Queue.RECOVERY)
def deliver(work: Work, *, delivery_id: int) -> Result:
    return work.runtime.courier.deliver(work.session, delivery_id, work.runtime.clock.now())


@task(telling.CALL, queue=Queue.RECOVERY)
def call(work: Work, *, occasion: str, values: dict[str, Any]) -> Result:
    return telling.call_plugins(work.runtime.plugins, occasion, values)

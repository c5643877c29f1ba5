"""Alerts: rules are looked at by the clock, and the outside is told that they are."""

from core.alerts import learning
from tasks.base import Delivery, Queue, Result, Work, task


@task("alerts.evaluate", queue=Queue.ALERTS, delivery=Delivery.WAKE_UP)
def evaluate(work: Work, token: str | None = None) -> None:
    work.runtime.evaluating.evaluate(token)


@task("alerts.measure", queue=Queue.ALERTS)
def measure(work: Work) -> Result:
    return work.runtime.evaluating.measure()


@task("alerts.certificates", queue=Queue.ALERTS)
def certificates(work: Work) -> Result:
    from tasks.certificates import measure  # noqa: PLC0415 (slow to import; asked once an hour)

    return measure(work.runtime)


@task("alerts.heartbeat", queue=Queue.ALERTS)
def heartbeat(work: Work) -> Result:
    return work.runtime.evaluating.heartbeat()


@task("alerts.learn", queue=Queue.ALERTS)
def learn(work: Work) -> Result:
    return learning.learn(work.session, work.runtime.clock.now())

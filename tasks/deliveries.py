"""Notifications of alerts on their way to the channels, and what got lost on the way."""

from dataclasses import asdict

from core.alerts.notify import DELIVER
from core.alerts.settling import Settler
from core.errors import ErrorReport
from core.work.attempt import Started
from tasks.base import Queue, Result, Task, Work, task


class DeliveryTask(Task):
    """A notification that cannot be sent says so in its own row, besides its dead letter."""

    abstract = True

    def give_up(self, started: Started, failed: ErrorReport) -> bool:
        notification_id = int(started.arguments["notification_id"])
        self.runtime.deliverer.give_up(notification_id, failed.message)
        return False


@task(DELIVER, queue=Queue.ALERTS, base=DeliveryTask)
def deliver(work: Work, *, notification_id: int) -> Result:
    return work.runtime.deliverer.deliver(notification_id)


@task("alerts.settle", queue=Queue.ALERTS)
def settle(work: Work) -> Result:
    from tasks.telling import promised  # noqa: PLC0415 (slow to import; few tell)

    runtime = work.runtime
    settler = Settler(runtime.ledger.add, promised(runtime))
    return asdict(settler.settle(work.session, runtime.clock.now()))

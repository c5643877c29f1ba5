"""The worker's consumer and request, hardened: what cannot be run becomes a dead letter first."""

from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from celery.exceptions import WorkerLostError
from celery.worker.consumer import Consumer
from celery.worker.request import Request
from celery.worker.state import task_ready
from kombu import Message

from config import wiring
from core.store.work import WorkOrder
from tasks.app import app
from tasks.queues import Queue
from tasks.work import Delivery
from workers import signals
from workers.keeper import Keeper
from workers.leases import LeaseRenewal, work_id_of
from workers.letters import letter

if TYPE_CHECKING:
    from tasks.base import Task

log = structlog.get_logger()

# While the database is away a message goes back to the broker, but not in a tight circle.
REQUEUE_AFTER_SECONDS: Final = 5


class HardConsumer(Consumer):
    """Buries what Celery would reject or drop, and only then lets it do so."""

    def __init__(self, *args: Any, **options: Any) -> None:
        app.steps["consumer"].add(LeaseRenewal)
        signals.connect()
        super().__init__(*args, **options)
        database = wiring.database(app.settings, application="mendline-worker", pool_size=1)
        self.keeper = Keeper(database, self.hostname)
        HardRequest.keeper = self.keeper

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        if self._buried(message, "unknown_task", exc):
            super().on_unknown_task(body, message, exc)

    def on_unknown_message(self, body: Any, message: Message) -> None:
        if self._buried(message, "refused", None):
            super().on_unknown_message(body, message)

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        if self._buried(message, "refused", exc):
            super().on_invalid_task(body, message, exc)

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        if self._buried(message, "undecodable", exc):
            super().on_decode_error(message, exc)

    def _buried(self, message: Message, reason: str, error: Exception | None) -> bool:
        if self.keeper.bury(letter(message, reason, error)):
            return True
        self.timer.call_after(REQUEUE_AFTER_SECONDS, message.requeue)
        return False


class HardRequest(Request):
    """What the main process alone sees: a child that was lost, a hard limit, a `MemoryError`."""

    keeper: Keeper

    def on_failure(self, exc_info: Any, *rest: Any, **options: Any) -> None:
        error = exc_info.exception
        error = getattr(error, "exc", error)
        if isinstance(error, MemoryError):
            # The child has settled it; Celery would end the whole worker here.
            task_ready(self)
            self.acknowledge()
            return
        if isinstance(error, WorkerLostError | SystemExit | KeyboardInterrupt):
            self._lost("worker_lost")
        super().on_failure(exc_info, *rest, **options)

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 (Celery's call)
        if not soft:
            self._lost("time_limit")
        super().on_timeout(soft, timeout)

    def _lost(self, reason: str) -> None:
        work_id = work_id_of(self)
        if work_id is not None:
            self.keeper.abandon(work_id, reason)
        elif getattr(self.task, "delivery", None) is Delivery.CONTENT:
            self._enrol()

    def _enrol(self) -> None:
        order = WorkOrder(
            task=self.name,
            arguments=self.kwargs,
            queue=self._queue(),
            unique_key=f"message-{self.id}",
            origin=self.id,
        )
        if not self.keeper.enrol(order):
            self.reject(requeue=True)

    def _queue(self) -> str:
        name = self.delivery_info.get("routing_key")
        return name if name in set(Queue) else str(cast("Task", self.task).home)

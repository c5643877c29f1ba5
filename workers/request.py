"""A task as the worker's main process sees it: what only that process learns is settled here."""

from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from billiard.exceptions import WorkerLostError
from celery.exceptions import Ignore, Reject, Retry, Terminated, TimeLimitExceeded
from celery.worker.request import Request
from celery.worker.state import task_ready

from core.deadletters.refusal import ExpiredError, RevokedError
from core.errors import report
from core.store.work import WorkOrder
from tasks.queues import Queue
from tasks.work import Delivery, SettledError
from workers.keeper import Keeper
from workers.leases import work_id_of
from workers.letters import key_of, letter

if TYPE_CHECKING:
    from tasks.base import Task

log = structlog.get_logger()

LOST: Final = (WorkerLostError, SystemExit, KeyboardInterrupt)
# How a task ends that has been settled by whoever raised this.
SETTLED: Final = (SettledError, Ignore, Reject, Retry, Terminated)


class HardRequest(Request):
    """A child that was lost, a hard limit, a revocation, and failures outside of the task."""

    keeper: Keeper
    _running: Any = None
    _written = False

    @property
    def _apply_result(self) -> Any:
        return self._running

    @_apply_result.setter
    def _apply_result(self, running: Any) -> None:
        """Celery counts to the hard limit once the soft one is over, so that one must be below."""
        self._running = running
        found: Any = running() if running is not None else None
        soft, hard = getattr(found, "_soft_timeout", None), getattr(found, "_timeout", None)
        if soft and hard and soft >= hard:
            found._soft_timeout = None  # noqa: SLF001

    def on_failure(self, exc_info: Any, *rest: Any, **options: Any) -> None:
        error = exc_info.exception
        error = getattr(error, "exc", error)
        if isinstance(error, LOST):
            self._lost("worker_lost")
        elif isinstance(error, TimeLimitExceeded):
            self._lost("time_limit")
        elif not isinstance(error, SETTLED) and not self._buried("permanent", error):
            task_ready(self)
            self.reject(requeue=True)
            return
        if isinstance(error, MemoryError):
            # Celery would end the whole worker here.
            task_ready(self)
            self.acknowledge()
            return
        super().on_failure(exc_info, *rest, **options)

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 (Celery's call)
        if not soft:
            self._lost("time_limit")
        super().on_timeout(soft, timeout)

    def acknowledge(self) -> None:
        if not self.acknowledged and redelivered(self.message):
            self.keeper.settled(key_of(self.message))
        super().acknowledge()

    def _announce_revoked(
        self,
        reason: str,
        terminated: bool,  # noqa: FBT001 (Celery's call)
        signum: str | None,
        expired: bool,  # noqa: FBT001
    ) -> None:
        if not self._revoked(expired=expired):
            # Nothing took it, so the message must not be acknowledged.
            self.reject(requeue=True)
        above: Any = super()
        above._announce_revoked(reason, terminated, signum, expired)  # noqa: SLF001

    def _revoked(self, *, expired: bool) -> bool:
        work_id = work_id_of(self)
        if work_id is not None:
            return self.keeper.revoke(work_id, report(RevokedError()))
        if expired:
            return self._buried("expired", ExpiredError(f"It expired at {self.expires}."))
        return self._buried("revoked", RevokedError())

    def _lost(self, reason: str) -> None:
        """A hard limit is told twice: what the first call wrote may have begun, or ended, since."""
        if self._written:
            return
        self._written = True
        work_id = work_id_of(self)
        if work_id is not None:
            self.keeper.abandon(work_id, reason)
        elif self._is_content and not self.keeper.enrol(self._order()):
            self.reject(requeue=True)

    def _buried(self, reason: str, error: BaseException) -> bool:
        """True also where nothing is to be buried: a row is there, or nothing was in it."""
        if not self._is_content:
            return True
        return self.keeper.bury(letter(self.message, reason, error))

    @property
    def _is_content(self) -> bool:
        delivery = getattr(self.task, "delivery", None)
        return delivery is Delivery.CONTENT and work_id_of(self) is None

    def _order(self) -> WorkOrder:
        return order(cast("Task", self.task), self.message, self.kwargs)


def order(task: "Task", message: Any, kwargs: Any, **more: Any) -> WorkOrder:
    """A message that carries content, as a row: from here on the ledger counts."""
    message_id = message.headers.get("id") or message.payload["id"]
    name = message.delivery_info.get("routing_key")
    return WorkOrder(
        task=task.name,
        arguments=kwargs,
        queue=name if name in set(Queue) else str(task.home),
        unique_key=f"message-{message_id}",
        origin=message_id,
        **more,
    )


def redelivered(message: Any) -> bool:
    """Both brokers tell, Redis by kombu's own mark."""
    return bool((message.delivery_info or {}).get("redelivered"))

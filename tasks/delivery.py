"""The three ways a task is executed, by what its message is worth, and settles a failure."""

import random
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from celery.app.task import Context
from celery.exceptions import Reject
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from core.deadletters.sheet import Sheet
from core.errors import DiskFullError, ErrorReport, UnprocessableError, report
from core.maintenance.housekeeping import PostponedError
from core.resilience.backoff import decide
from core.resilience.breaker import BreakerOpenError
from core.store.deadletters import Capture, insert_capture
from core.store.refused import refused
from core.store.work import WorkOrder
from core.work.attempt import LeaseLostError, Started, UnknownWorkError
from tasks.queues import Queue
from tasks.work import Delivery, Outcome, Work, row_of

if TYPE_CHECKING:
    from tasks.base import Task

log = structlog.get_logger()

# With the database away, content goes back to the broker, but not in a tight circle.
AWAY_PAUSE_SECONDS: Final = 2.0
# A quorum queue counts what goes back, and ends a message that does so too often.
REQUEUES: Final = 2
# Not all that waited for one breaker come back in the same moment.
SPREAD: Final = 0.2
# What was not tried costs no attempt.
UNTRIED: Final = frozenset({BreakerOpenError.code, PostponedError.code})
COUNT_HEADER: Final = "x-delivery-count"
_random: Final = random.SystemRandom()

Args = tuple[Any, ...]
Kwargs = Mapping[str, Any]


class Execution:
    """One delivery of a message to its task."""

    def __init__(self, task: "Task", request: Context, args: Args, kwargs: Kwargs) -> None:
        self.task = task
        self.request = request
        self.args = args
        self.kwargs = kwargs


class WakeUp(Execution):
    """Nothing to keep: a wake-up that failed comes again with the next one."""

    def run(self) -> Outcome:
        with Work(self.task.runtime, str(self.request.id)) as work:
            self.task.run(work, **self.kwargs)
        return Outcome.DONE

    def settle(self, failed: ErrorReport) -> Outcome:  # noqa: ARG002 (the task has logged it)
        return Outcome.FAILED


class Ledgered(Execution):
    """The row decides: fenced, and its end commits together with the effects."""

    def __init__(self, task: "Task", request: Context, args: Args, kwargs: Kwargs) -> None:
        super().__init__(task, request, args, kwargs)
        self.started: Started | None = None

    def run(self) -> Outcome:
        ledger = self.task.runtime.ledger
        try:
            self.started = self._start()
        except UnknownWorkError as error:
            self._bury(report(error))
            return Outcome.IGNORED
        if self.started is None:
            return Outcome.IGNORED
        with Work(self.task.runtime, self.started.idempotency_key, self.started) as work:
            result = self.task.run(work, **self.started.arguments)
            if work.opened or self.started.concurrency_key is not None:
                ledger.finish(work.session, self.started, result)
            else:
                ledger.finish_alone(self.started, result)
        return Outcome.DONE

    def settle(self, failed: ErrorReport) -> Outcome:
        if self.started is None or failed.code == LeaseLostError.code:
            return Outcome.IGNORED
        started, ledger = self.started, self.task.runtime.ledger
        if failed.code in UNTRIED:
            wait = (failed.retry_after or 0.0) * (1 + SPREAD * _random.random())
            ledger.postpone(started, failed, delay=wait)
            return Outcome.POSTPONED
        decision = decide(
            failed,
            started.attempt,
            max_attempts=started.max_attempts,
            rand=_random,
            policies=self.task.runtime.policies(failed.category, self.task.name),
        )
        if decision.retry:
            ledger.retry(started, failed, delay=decision.delay)
            return Outcome.RETRIED
        if self.task.give_up(started, failed):
            return Outcome.FAILED
        ledger.give_up(started, failed, reason=decision.reason)
        return Outcome.DEAD

    def _start(self) -> Started | None:
        work_id, request = row_of(self.args, self.kwargs), self.request
        if work_id is None:
            raise UnknownWorkError
        ledger = self.task.runtime.ledger
        start = partial(
            ledger.start,
            work_id,
            task=self.task.name,
            message_id=str(request.id),
            worker=str(request.hostname),
            at=ledger.later(0),
        )
        try:
            return start()
        except OperationalError as error:
            # With the message gone, the row would not be found again before its queue is empty;
            # and a worker that is fast in failing would empty it.
            log.info("work.start_again", work_id=work_id, error=str(error))
            time.sleep(AWAY_PAUSE_SECONDS)
            return start(again=True)

    def _bury(self, failed: ErrorReport) -> None:
        capture(self.task, self.args, self.kwargs, reason="not_ledgered", failed=failed)


class Content(Execution):
    """The message is all there is; at the first sign of trouble it becomes a row."""

    def run(self) -> Outcome:
        if self.args:
            raise UnprocessableError(f"{self.task.name} takes keyword arguments only")
        request = self.request
        if (request.delivery_info or {}).get("redelivered"):
            # Its worker may have died of it: from here on the ledger counts the attempts.
            self._enrol(delay=0)
            return Outcome.RETRIED
        with Work(self.task.runtime, str(request.id)) as work:
            self.task.run(work, **self.kwargs)
        return Outcome.DONE

    def settle(self, failed: ErrorReport) -> Outcome:
        decision = decide(failed, 1, max_attempts=2, rand=_random)
        try:
            if decision.retry and self._taken(delay=decision.delay):
                return Outcome.RETRIED
            capture(self.task, self.args, self.kwargs, reason=decision.reason, failed=failed)
        except (SQLAlchemyError, OSError, DiskFullError) as error:
            log.warning("task.requeued", error=str(error))
            time.sleep(AWAY_PAUSE_SECONDS)
            raise Reject(str(error), requeue=True) from error
        return Outcome.DEAD

    def _taken(self, *, delay: float) -> bool:
        """False where the ledger refuses the arguments for what they are."""
        try:
            self._enrol(delay=delay)
        except SQLAlchemyError as error:
            if refused(error):
                return False
            told = getattr(self.request, COUNT_HEADER, None)
            if not isinstance(told, int) or told < REQUEUES:
                raise
            runtime = self.task.runtime
            runtime.letters.keep(Sheet(runtime.clock.now(), self._order(delay=delay)))
        return True

    def _enrol(self, *, delay: float) -> None:
        runtime = self.task.runtime
        with runtime.database.transaction() as session:
            runtime.ledger.add(session, self._order(delay=delay))

    def _order(self, *, delay: float) -> WorkOrder:
        message_id = str(self.request.id)
        return WorkOrder(
            task=self.task.name,
            arguments=self.kwargs,
            queue=queue_of(self.task),
            due_at=self.task.runtime.ledger.later(delay),
            unique_key=f"message-{message_id}",
            origin=message_id,
        )


def capture(
    task: "Task",
    args: Args,
    kwargs: Kwargs,
    *,
    reason: str,
    failed: ErrorReport,
) -> None:
    """In the dead letters when it returns, or on the disk of this host on the way there."""
    runtime, message_id = task.runtime, str(task.request.id)
    letter = Capture(
        capture_key=f"message-{message_id}",
        reason=reason,
        task=task.name,
        queue=queue_of(task),
        message_id=message_id,
        arguments={"args": list(args), "kwargs": dict(kwargs)},
        error=failed,
        attempts=1,
    )
    now = runtime.clock.now()
    try:
        with runtime.database.transaction() as session:
            insert_capture(session, letter, now)
    except SQLAlchemyError as error:
        if refused(error):
            raise
        log.warning("letter.spooled", what=reason, error=str(error))
        runtime.letters.keep(Sheet(now, letter))


def queue_of(task: "Task") -> str:
    """Where the message came from, if that is a queue of ours, else the task's own."""
    routing_key = (task.request.delivery_info or {}).get("routing_key")
    return str(routing_key) if routing_key in set(Queue) else str(task.home)


def execution(
    task: "Task", request: Context, args: Args, kwargs: Kwargs
) -> WakeUp | Ledgered | Content:
    if task.delivery is Delivery.WAKE_UP:
        return WakeUp(task, request, args, kwargs)
    if task.delivery is Delivery.LEDGERED or row_of(args, kwargs) is not None:
        return Ledgered(task, request, args, kwargs)
    return Content(task, request, args, kwargs)

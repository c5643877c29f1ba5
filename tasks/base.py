"""The base of all tasks: what surrounds a body, so that the body is three lines."""

from collections.abc import Callable, Mapping
from functools import cache
from time import perf_counter
from typing import Any, Final, NoReturn

import celery
import structlog
from celery.app.task import Context
from celery.exceptions import Ignore, Reject, Retry
from celery.utils.saferepr import saferepr
from prometheus_client import Histogram
from sqlalchemy.exc import SQLAlchemyError

from config.telemetry import TASK_SECONDS
from core import context
from core.context import FIELDS
from core.deadletters.refusal import PutAwayError
from core.errors import ErrorReport, report
from core.errors.report import for_log
from core.work.attempt import Started
from tasks.app import app
from tasks.delivery import Content, Ledgered, WakeUp, execution
from tasks.queues import Queue
from tasks.runtime import Runtime
from tasks.work import Delivery, Outcome, SettledError, Work

log = structlog.get_logger()

Result = Mapping[str, Any] | None
HEADER: Final = "mendline"


class Task(celery.Task[Any, Any]):
    """Context, timing, metrics, transaction, fence, and one way out for every failure."""

    abstract = True
    typing = False  # the signature of a body begins with its `Work`
    Request = "workers.request:HardRequest"
    delivery: Delivery = Delivery.LEDGERED
    home: Queue = Queue.MAINTENANCE

    @property
    def runtime(self) -> Runtime:
        return app.runtime

    def __call__(self, /, *args: Any, **kwargs: Any) -> None:
        begun = perf_counter()
        request, outcome = self.request, Outcome.FAILED
        current = execution(self, request, args, kwargs)
        entered = context.enter(_about(self.name, request))
        try:
            outcome = current.run()
        except Exception as error:  # noqa: BLE001 (edge of the process)
            outcome = self._settle(current, error)
            self._tell_celery(outcome, error)
        finally:
            _seconds(self.name, outcome).observe(perf_counter() - begun)
            context.leave(entered)

    def give_up(self, started: Started, failed: ErrorReport) -> bool:  # noqa: ARG002
        """What else there is to do than to bury work that failed for good; False for nothing."""
        return False

    def _settle(self, current: WakeUp | Ledgered | Content, error: Exception) -> Outcome:
        if isinstance(error, Ignore | Reject):
            error = PutAwayError(f"The task raised {type(error).__name__}.")
        failed = report(error)
        try:
            outcome = current.settle(failed)
        except SQLAlchemyError as unwritten:
            # The row stays as it is; when its lease ends the reconciler takes care of it.
            log.warning("task.unsettled", error=str(unwritten))
            outcome = Outcome.FAILED
        self._log(outcome, failed, error)
        return outcome

    def _log(self, outcome: Outcome, failed: ErrorReport, error: Exception) -> None:
        if outcome is Outcome.POSTPONED:
            log.info("task.postponed", reason=failed.message, seconds=failed.retry_after)
            return
        level = log.warning if outcome is Outcome.RETRIED else log.error
        level("task.failed", outcome=str(outcome), exc_info=error, **for_log(failed))
        if outcome in {Outcome.DEAD, Outcome.FAILED}:
            self.runtime.reporter.exception(error, task=self.name, code=failed.code)

    def _tell_celery(self, outcome: Outcome, error: Exception) -> NoReturn:
        """What is decided already; for Celery's events, and so for Flower."""
        if outcome in {Outcome.RETRIED, Outcome.POSTPONED}:
            raise Retry(exc=error) from error
        if outcome is Outcome.IGNORED:
            raise Ignore from error
        raise SettledError(saferepr(error)) from error


def _about(name: str, request: Context) -> dict[str, str]:
    """With the context that came with the message; strangers may have sent anything."""
    about = {"task": name, "task_id": str(request.id)}
    carried = getattr(request, HEADER, None)
    if isinstance(carried, dict):
        known = FIELDS.intersection(carried).difference(about)
        about |= {field: carried[field] for field in known if isinstance(carried[field], str)}
    return about


def task(
    name: str,
    *,
    queue: Queue,
    delivery: Delivery = Delivery.LEDGERED,
    **options: Any,
) -> Callable[[Callable[..., Result]], Task]:
    """Registers a body `(work: Work, **arguments)` under a name `subject.verb`."""

    def register(body: Callable[..., Result]) -> Task:
        decorate: Any = app.task(
            name=name,
            delivery=delivery,
            home=queue,
            **{"base": Task, "acks_late": delivery is Delivery.CONTENT, **options},
        )
        made: Task = decorate(body)
        return made

    return register


@cache
def _seconds(name: str, outcome: Outcome) -> Histogram:
    seconds: Histogram = TASK_SECONDS.labels(name, str(outcome))
    return seconds


__all__ = ["Delivery", "Outcome", "Queue", "Result", "Task", "Work", "task"]

"""Asks the Celery workers behind a broker whether they are there and answer."""

from core.clock import Clock
from core.errors import DependencyError, MendlineError
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.ports import TaskQueues
from core.recovery.probe import Finding, Question


class CeleryPingProbe:
    """`{"broker"?: ours if none, "workers"?: at least so many, "name"?: how theirs begin}`."""

    name = "celery_ping"

    def __init__(self, queues: TaskQueues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock

    def ask(self, question: Question) -> Finding:
        with Arguments("The probe celery_ping", question.arguments) as given:
            broker, name = given.optional_text("broker"), given.optional_text("name") or ""
            wanted = given.whole("workers", 1, low=1, high=100_000)
        start = self._clock.monotonic()
        try:
            answers = self._queues.ping(broker, timeout=question.timeout)
        except DependencyError:
            return Finding(False, "the broker is away", self._clock.monotonic() - start)
        except MendlineError as error:
            raise ArgumentError(str(error)) from error
        found = sum(each.startswith(name) for each in answers)
        summary = f"{found} of at least {wanted} workers answered"
        return Finding(found >= wanted, summary, self._clock.monotonic() - start)

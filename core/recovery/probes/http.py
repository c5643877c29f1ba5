"""Asks an address over HTTP; only those that the outbound policy lets through."""

from core.clock import Clock
from core.errors import DependencyError, MendlineError
from core.intake.scrub import clean
from core.outbound.http import Answer, Call, Outbound
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.probe import Finding, Question


class HttpProbe:
    """`{"url", "method"?: "GET", "status"?: any that begins with 2, "contains"?: a text}`."""

    name = "http"

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock

    def ask(self, question: Question) -> Finding:
        with Arguments("The probe http", question.arguments) as given:
            call = Call(given.choice("method", ("GET", "HEAD"), "GET"), given.text("url"))
            status = given.whole("status", 0, low=0, high=599)
            contains = given.optional_text("contains")
        start = self._clock.monotonic()
        try:
            answer = self._outbound.call(call, timeout=question.timeout)
        except DependencyError as error:
            return Finding(False, clean(str(error)), self._clock.monotonic() - start)
        except MendlineError as error:
            raise ArgumentError(str(error)) from error
        wrong = _wrong(answer, status, contains)
        return Finding(wrong is None, wrong or f"answered {answer.status}", answer.seconds)


def _wrong(answer: Answer, status: int, contains: str | None) -> str | None:
    if not (answer.status == status if status else answer.ok):
        return f"answered {answer.status}"
    if contains is not None and contains.encode() not in answer.body:
        return f"answered {answer.status} without {contains!r}"
    return None

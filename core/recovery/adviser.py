"""From reported events to the advice on them, without a worker: policy, count, budget, breaker."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, Protocol

import structlog

from core.analysis import Knowledge, analyse
from core.analysis.event import mapping
from core.analysis.failing import PURE_FAILURES
from core.analysis.result import Analysis, Classification
from core.recovery.answer import Circuit, Obstacle, RecoveryAction, decide, hindered
from core.recovery.attempts import Attempts, Failure, operation_key
from core.recovery.policy import Action, Policies, Policy
from core.resilience.backoff import RetryPolicy

CONTEXT: Final = "mendline"
NO_ADVICE: Final = {"action": "none", "reason": "no policy applies"}
# How long after a failure another one belongs to the same operation. An id of the client's own is
# not used twice; a component and an operation are, so these are forgotten when a retry is overdue.
OWN_ID_TTL: Final = 86_400.0
SLACK: Final = 600.0
LONGEST_TTL: Final = 86_400.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reported:
    """An event as a client told it. `attempt`: which try failed, none where it did not say."""

    event: Mapping[str, Any]
    event_id: str
    project_id: int
    attempt: int | None = None


class Surroundings(Protocol):
    """Both may ask Redis, but not for long."""

    def look(self, components: Collection[str]) -> Mapping[str, Obstacle]:
        """How the breakers of these components stand, for those that have one."""
        ...

    def spend(self, component: str, *, throttled: bool) -> float | None:
        """None where the budget for retries pays for one more; else seconds until it would."""
        ...


class Lessons(Protocol):
    """What retries have taught; answers from memory."""

    def adapted(self, policy: RetryPolicy, category: str, component: str) -> RetryPolicy: ...

    def note(self, category: str, component: str, attempt: int, *, again: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A report understood. `failure` is none where the client's own count is all that counts.

    `counted`: the client tells which attempt of which operation it is, so one that it does not
    make is one that it does not need.
    """

    classification: Classification
    component: str
    attempt: int
    retry_after: float | None
    failure: Failure | None = None
    counted: bool = False


class Nothing:
    """Surroundings without breakers and budgets, and lessons that nobody has learnt."""

    def look(self, components: Collection[str]) -> Mapping[str, Obstacle]:  # noqa: ARG002
        return {}

    def spend(self, component: str, *, throttled: bool) -> float | None:  # noqa: ARG002
        return None

    def adapted(self, policy: RetryPolicy, category: str, component: str) -> RetryPolicy:  # noqa: ARG002
        return policy

    def note(self, category: str, component: str, attempt: int, *, again: bool) -> None:
        pass


class Adviser:
    """Called with reports, answers with an advice for each of them in the same order."""

    def __init__(
        self,
        knowledge: Knowledge,
        policies: Callable[[], Policies],
        attempts: Attempts,
        *,
        surroundings: Surroundings | None = None,
        lessons: Lessons | None = None,
        rand: Random | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._policies = policies
        self._attempts = attempts
        self._surroundings = surroundings or Nothing()
        self._lessons = lessons or Nothing()
        # Spreads clients' attempts; nothing secret hangs on it.
        self._rand = rand or Random()  # noqa: S311

    async def __call__(self, reports: Sequence[Reported]) -> list[Mapping[str, Any]]:
        """Understands in the event loop; what may have to wait for Redis does so beside it."""
        policies = self._policies()
        cases = [self._case(report, policies) for report in reports]
        if not any(case is not None for case in cases):
            return [NO_ADVICE for _ in cases]
        return await asyncio.to_thread(self._answers, cases, policies)

    def _case(self, report: Reported, policies: Policies) -> Case | None:
        try:
            found = analyse(report.event, self._knowledge)
            return case_of(report, found, policies)
        except PURE_FAILURES:  # accepting the error does not hang on it
            log.exception("intake.advice_failed", event_id=report.event_id)
            return None

    def _answers(self, cases: Sequence[Case | None], policies: Policies) -> list[Mapping[str, Any]]:
        counted = [each.failure for each in cases if each is not None and each.failure is not None]
        counts = iter(self._attempts.count(counted) if counted else ())
        names = {each.component for each in cases if each is not None and each.component}
        seen = self._surroundings.look(names) if names else {}
        answers: list[Mapping[str, Any]] = []
        for case in cases:
            if case is None:
                answers.append(NO_ADVICE)
                continue
            attempt = case.attempt if case.failure is None else next(counts)
            action = self._decided(case, attempt, policies)
            obstacle = self._paid(case, action, seen.get(case.component, Obstacle()))
            answers.append(hindered(action, obstacle, rand=self._rand).as_json())
            if case.counted:
                category = str(case.classification.category)
                self._lessons.note(category, case.component, attempt, again=action.again)
        return answers

    def _paid(self, case: Case, action: RecoveryAction, obstacle: Obstacle) -> Obstacle:
        """An attempt that an open breaker holds back costs nothing yet."""
        if not (case.component and action.again) or obstacle.circuit is Circuit.OPEN:
            return obstacle
        throttled = action.action is Action.WAIT
        short = self._surroundings.spend(case.component, throttled=throttled)
        return replace(obstacle, refills_in=short)

    def _decided(self, case: Case, attempt: int, policies: Policies) -> RecoveryAction:
        return decide(
            case.classification,
            attempt=attempt,
            policies=policies,
            rand=self._rand,
            retry_after=case.retry_after,
            bend=lambda policy: self._lessons.adapted(
                policy, str(case.classification.category), case.component
            ),
        )


def case_of(report: Reported, found: Analysis, policies: Policies) -> Case:
    """Attempts are the client's to count; else they go by the operation's id, or by what failed."""
    told = mapping(mapping(report.event.get("contexts")).get(CONTEXT))
    component, operation_id = _word(told, "component"), _word(told, "operation_id")
    failure = None
    if operation_id:
        key = operation_key(report.project_id, "id", operation_id)
        failure = Failure(key, report.event_id, OWN_ID_TTL, told=report.attempt or 0)
    elif report.attempt is None:
        named = (component, _word(told, "operation"), found.grouping.issue_key)
        key = operation_key(report.project_id, "issue", *named)
        policy = _policy(found.classification, policies)
        failure = Failure(key, report.event_id, _remembered(policy))
    return Case(
        classification=found.classification,
        component=component,
        attempt=report.attempt or 1,
        retry_after=_hint(report.event),
        failure=failure,
        counted=report.attempt is not None or bool(operation_id),
    )


def _policy(found: Classification, policies: Policies) -> Policy:
    return policies.of(found.category, f"{found.family}.{found.kind}")


def _remembered(policy: Policy) -> float:
    """Seconds after which the longest delay that this policy tells is long over."""
    longest = policy.retry.backoff.delay(policy.retry.attempts, rand=Random(0))  # noqa: S311
    return min(2 * longest + SLACK, LONGEST_TTL)


def _word(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    return found if isinstance(found, str) else ""


def _hint(event: Mapping[str, Any]) -> float | None:
    told = mapping(event.get("extra")).get("retry_after")
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None

"""The advice that a client gets with its report: try again, wait, give up, call somebody."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any

from core.analysis.proposal import Advice
from core.analysis.result import Classification, Severity
from core.recovery.policy import Action, Policies
from core.resilience.backoff import RetryPolicy

_LONGEST_WAIT = 86_400.0
_SHORTEST_WAIT = 0.1
_SPREAD = 0.1
# What clients can do about an advice. Breaking a circuit is ours; they try again later.
_ACTIONS = {
    Advice.RETRY: Action.RETRY,
    Advice.WAIT: Action.WAIT,
    Advice.THROTTLE: Action.WAIT,
    Advice.CIRCUIT_BREAK: Action.RETRY,
    Advice.FALLBACK: Action.FALLBACK,
    Advice.FAIL_FAST: Action.FAIL_FAST,
    Advice.ESCALATE: Action.ESCALATE,
    Advice.NONE: Action.NONE,
}
_AGAIN = frozenset({Action.RETRY, Action.WAIT})


class Circuit(StrEnum):
    """The state of a circuit breaker in the words that clients know."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands between a component and its next attempt.

    `closes_in`: seconds until an open breaker may close. `refills_in`: seconds until a used-up
    budget for retries has room again, none while it has.
    """

    circuit: Circuit | None = None
    closes_in: float = 0.0
    refills_in: float | None = None


@dataclass(frozen=True, slots=True)
class RecoveryAction:
    """`retry_after` in seconds; `attempts_left` counts those after the one that failed."""

    action: Action
    reason: str
    retry_after: float | None = None
    attempts_left: int | None = None
    breaker: Circuit | None = None

    @property
    def again(self) -> bool:
        """Whether the client is to try again, now or later."""
        return self.action in _AGAIN

    def as_json(self) -> dict[str, Any]:
        """As the answer of `POST /api/errors` shows it; what does not apply is left out."""
        found = {"action": self.action.value, "reason": self.reason}
        optional = {
            "retry_after": self.retry_after,
            "attempts_left": self.attempts_left,
            "breaker": self.breaker,
        }
        return {**found, **{name: value for name, value in optional.items() if value is not None}}


def hindered(action: RecoveryAction, obstacle: Obstacle, *, rand: Random) -> RecoveryAction:
    """The same advice with the breaker told; another attempt waits for what is in its way.

    Who gives up or asks for help does so with an open breaker, too.
    """
    told = replace(action, breaker=obstacle.circuit)
    if not action.again:
        return told
    if obstacle.circuit is Circuit.OPEN:
        return _until(told, obstacle.closes_in, "the circuit breaker is open", rand)
    if obstacle.refills_in is not None:
        return _until(told, obstacle.refills_in, "too much is being retried already", rand)
    return told


def _until(action: RecoveryAction, seconds: float, reason: str, rand: Random) -> RecoveryAction:
    """Not all who wait for one breaker may come back at the same moment."""
    least = max(seconds, action.retry_after or 0.0, _SHORTEST_WAIT)
    after = round(least * (1 + _SPREAD * rand.random()), 3)
    return replace(action, action=Action.WAIT, reason=reason, retry_after=after)


Bend = Callable[[RetryPolicy], RetryPolicy]


def as_it_is(policy: RetryPolicy) -> RetryPolicy:
    """Nothing has been learnt."""
    return policy


def decide(
    classification: Classification,
    *,
    attempt: int,
    policies: Policies,
    rand: Random,
    retry_after: float | None = None,
    bend: Bend = as_it_is,
) -> RecoveryAction:
    """`attempt` is the one that failed, from 1; `retry_after` what the failing side asked for.

    `bend` is what retries have taught about the policy.
    """
    policy = policies.of(classification.category, f"{classification.family}.{classification.kind}")
    kind = f"{classification.category} ({classification.rule})"
    if classification.severity is Severity.INFO:
        return RecoveryAction(Action.NONE, "reported for information only")
    usual = policy.transient if classification.transient else policy.permanent
    action = _advised(classification, usual)
    if action not in _AGAIN:
        return RecoveryAction(action, f"{kind} does not go away by trying again")
    retry = bend(policy.retry)
    left = retry.attempts - attempt
    if left <= 0:
        return RecoveryAction(
            policy.exhausted,
            f"{kind}: all {retry.attempts} attempts are used up",
            attempts_left=0,
        )
    told = _told(retry_after, classification)
    reason = f"{kind} is usually temporary" if classification.transient else f"{kind} ends"
    if told is not None:
        action, reason = Action.WAIT, f"{reason}; the failing side asked to wait"
    return RecoveryAction(
        action,
        reason,
        retry_after=round(retry.backoff.delay(attempt, rand=rand, told=told), 3),
        attempts_left=left,
    )


def _advised(classification: Classification, otherwise: Action) -> Action:
    """What the kind of failure calls for; where it calls for nothing, what the policy says."""
    proposal = classification.proposal
    if proposal is None or proposal.policy == classification.category:
        return otherwise
    return _ACTIONS[proposal.action]


def _told(retry_after: float | None, classification: Classification) -> float | None:
    """What the failing side asked for: told apart, else read out of the event by its family."""
    if retry_after is None and classification.proposal is not None:
        retry_after = classification.proposal.retry_after
    if retry_after is None:
        found = dict(classification.context).get("retry_after", "")
        retry_after = float(found) if found.replace(".", "", 1).isdecimal() else None
    return None if retry_after is None else min(max(retry_after, 0.0), _LONGEST_WAIT)

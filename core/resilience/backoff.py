"""When to try again: values that answer, never loops that sleep."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from core.errors import Category, ErrorReport


class Backoff(Protocol):
    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:
        """Seconds to wait after the given attempt (the first is 1); `told` by the failing side."""
        ...


@dataclass(frozen=True, slots=True)
class Exponential:
    """Delay grows by `factor` per attempt up to `cap`; jitter spreads it by ± `jitter` of itself.

    `base` and `cap` in seconds. Source of the ± 10 % default: the product's requirements.
    """

    base: float = 1.0
    factor: float = 2.0
    cap: float = 300.0
    jitter: float = 0.1

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        plain = min(self.base * self.factor ** min(attempt - 1, 64), self.cap)
        return plain * (1 + self.jitter * rand.uniform(-1, 1))


@dataclass(frozen=True, slots=True)
class FullJitter:
    """Anything between nothing and the exponential delay: spreads a herd best.

    Source: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """

    base: float = 1.0
    factor: float = 2.0
    cap: float = 60.0

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        return rand.uniform(0, min(self.base * self.factor ** min(attempt - 1, 64), self.cap))


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same delay, in seconds."""

    seconds: float = 1.0

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:  # noqa: ARG002
        return self.seconds


@dataclass(frozen=True, slots=True)
class ServerTold:
    """What the failing side asked for, never early, at most `cap`; else what `otherwise` says.

    Up to `spread` of the time is added, so that not all who were told the same come back at once.
    """

    otherwise: Backoff
    cap: float = 3_600.0
    spread: float = 0.1

    def delay(self, attempt: int, *, rand: Random, told: float | None = None) -> float:
        if told is None:
            return self.otherwise.delay(attempt, rand=rand)
        return min(told, self.cap) * (1 + self.spread * rand.random())


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a kind of failure is tried in all, and when. One attempt means no retry."""

    attempts: int
    backoff: Backoff


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """`reason` is one word: transient, permanent or exhausted. `delay` in seconds."""

    retry: bool
    delay: float
    reason: str


_QUICK: Final = ServerTold(FullJitter(base=0.5, cap=15))
_STEADY: Final = ServerTold(Exponential(base=2, cap=300))
_SLOW: Final = ServerTold(Exponential(base=30, cap=1_800))

# For our own tasks; a row's `max_attempts` bounds it further. Kinds not named here are tried once.
OWN_TASKS: Final[Mapping[Category, RetryPolicy]] = {
    Category.CONCURRENCY: RetryPolicy(10, _QUICK),
    Category.CONNECTION: RetryPolicy(20, _STEADY),
    Category.ROUTING_STALE: RetryPolicy(10, _STEADY),
    Category.TIMEOUT: RetryPolicy(5, _STEADY),
    Category.UNAVAILABLE: RetryPolicy(20, _STEADY),
    Category.SERVER: RetryPolicy(5, _STEADY),
    Category.RATE_LIMIT: RetryPolicy(20, _STEADY),
    Category.RESOURCE: RetryPolicy(10, _SLOW),
    Category.CANCELLED: RetryPolicy(3, _QUICK),
    Category.OTHER_TRANSIENT: RetryPolicy(5, _STEADY),
}


def decide(
    report: ErrorReport,
    attempt: int,
    *,
    max_attempts: int,
    rand: Random,
    policies: Mapping[Category, RetryPolicy] = OWN_TASKS,
) -> RetryDecision:
    """`attempt` is the one that has just failed; the first is 1."""
    policy = policies.get(report.category)
    if report.permanent or policy is None:
        return RetryDecision(retry=False, delay=0, reason="permanent")
    if attempt >= min(policy.attempts, max_attempts):
        return RetryDecision(retry=False, delay=0, reason="exhausted")
    delay = policy.backoff.delay(attempt, rand=rand, told=report.retry_after)
    return RetryDecision(retry=True, delay=delay, reason="transient")

"""Whether to try again, and when: by the kind of failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from core.delays import Delay, Exponential, FullJitter, ServerTold
from core.errors import Category, ErrorReport


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a kind of failure is tried in all, and when. One attempt means no retry."""

    attempts: int
    backoff: Delay


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

"""From how retries have gone to how the next ones should go: pure, and within bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.delays import Scaled
from core.resilience.backoff import RetryPolicy


@dataclass(frozen=True, slots=True)
class Rate:
    """How often an attempt was made, and how often it failed like the ones before it."""

    tried: int
    failed: int

    @property
    def succeeded(self) -> int:
        return max(self.tried - self.failed, 0)

    @property
    def share(self) -> float:
        return self.succeeded / self.tried if self.tried else 0.0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.tried + other.tried, self.failed + other.failed)


NOTHING: Final = Rate(0, 0)
Rates = Mapping[int, Rate]  # by the number of the attempt; the first is no retry


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a policy may be bent.

    Nothing is concluded from fewer than `evidence` tries. Attempts of which less than `worth`
    succeed are left out, down to `fewest`; where more than `hopeful` of the last one succeed,
    `more` are added, up to `most`. Delays become `swing` times as long or as short at the utmost;
    `prior` tries that succeed half of the time stand against hasty conclusions.
    """

    evidence: int = 20
    worth: float = 0.02
    hopeful: float = 0.5
    fewest: int = 2
    more: int = 2
    most: int = 25
    swing: float = 2.0
    prior: float = 10.0


USUAL: Final = Bounds()


def adapt(policy: RetryPolicy, rates: Rates, bounds: Bounds = USUAL) -> RetryPolicy:
    """The policy itself where nothing speaks against it.

    What is cut is not tried, so not measured; as rates are of a limited time only, it is tried
    again when that is over.
    """
    if policy.attempts < bounds.fewest or not rates:
        return policy
    attempts, factor = _attempts(policy.attempts, rates, bounds), _factor(rates, bounds)
    delay = policy.backoff if factor == 1 else Scaled(policy.backoff, factor)
    return RetryPolicy(attempts, delay)


def _attempts(usual: int, rates: Rates, bounds: Bounds) -> int:
    """Up to the last one that is worth it, judged together with all after it."""
    for attempt in range(bounds.fewest + 1, usual + 1):
        rest = sum((rate for n, rate in rates.items() if n >= attempt), NOTHING)
        if rest.tried >= bounds.evidence and rest.share < bounds.worth:
            return attempt - 1
    last = rates.get(usual, NOTHING)
    if last.tried >= bounds.evidence and last.share > bounds.hopeful:
        return max(min(usual + bounds.more, bounds.most), usual)
    return usual


def _factor(rates: Rates, bounds: Bounds) -> float:
    """The first retry tells most about the delay: where it nearly always succeeds it may come
    sooner, where it nearly always fails it came too early.
    """
    first = rates.get(2, NOTHING)
    if first.tried < bounds.evidence:
        return 1.0
    share = (first.succeeded + bounds.prior / 2) / (first.tried + bounds.prior)
    return float(bounds.swing ** (1 - 2 * share))

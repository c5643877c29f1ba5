"""How much may be tried again: a budget that retries spend and successes fill.

While things go well retries are a small part of all calls; when everything fails they come to an
end soon, instead of multiplying the load. Source: the retry quota of AWS's SDKs (500 tokens, a
retry costs 14, a success brings back 1, a retry that succeeded what it cost).
"""

from dataclasses import dataclass
from typing import Final

import structlog

from core.clock import Clock
from core.resilience.bucket import Buckets, BucketsUnavailableError, Cost, MemoryBuckets

log = structlog.get_logger()

# What a process may spend alone while the shared budget is away.
ALONE: Final = 0.1
AWAY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """`trickle` tokens a second flow in by themselves: without them a dry budget needs a success.

    A retry after a throttling answer costs less: it was told to come back.
    """

    capacity: float = 500.0
    retry: float = 14.0
    throttled: float = 5.0
    success: float = 1.0
    trickle: float = 0.5


@dataclass(frozen=True, slots=True)
class BudgetStanding:
    """`left` of `capacity`; `refills_in` seconds until the next retry may be paid, 0 if it may."""

    left: float
    capacity: float
    refills_in: float


class RetryBudget:
    """One bucket a key, such as a component. Never raises: without Redis a process has a tenth."""

    def __init__(
        self, buckets: Buckets, clock: Clock, settings: BudgetSettings | None = None
    ) -> None:
        self.settings = settings or BudgetSettings()
        self._buckets = buckets
        self._clock = clock
        self._alone = MemoryBuckets(clock)
        self._away_until = float("-inf")

    def may_retry(self, key: str, *, throttled: bool = False) -> bool:
        """Spends, if there is enough."""
        price = self.settings.throttled if throttled else self.settings.retry
        if not self._is_away:
            try:
                return self._buckets.take({_key(key): self._cost(price)}).ok
            except BucketsUnavailableError as error:
                self._lost(error)
        return self._alone.take({key: self._cost(price, share=ALONE)}).ok

    def succeeded(self, key: str, *, retried: bool = False, times: int = 1) -> None:
        """Refills; a retry that has succeeded brings back what it cost."""
        gain = (self.settings.retry if retried else self.settings.success) * times
        if not self._is_away:
            try:
                self._buckets.refund({_key(key): self._cost(gain)})
            except BucketsUnavailableError as error:
                self._lost(error)
            else:
                return
        self._alone.refund({key: self._cost(gain, share=ALONE)})

    def standing(self, key: str) -> BudgetStanding:
        if not self._is_away:
            try:
                return self._standing(self._buckets, _key(key), 1.0)
            except BucketsUnavailableError as error:
                self._lost(error)
        return self._standing(self._alone, key, ALONE)

    @property
    def _is_away(self) -> bool:
        return self._clock.monotonic() < self._away_until

    def _standing(self, buckets: Buckets, key: str, share: float) -> BudgetStanding:
        found = buckets.peek({key: self._cost(self.settings.retry, share=share)})
        return BudgetStanding(found.left[key], self.settings.capacity * share, found.retry_after)

    def _cost(self, tokens: float, *, share: float = 1.0) -> Cost:
        capacity = max(self.settings.capacity * share, self.settings.retry)
        return Cost(min(tokens, capacity), capacity, self.settings.trickle * share)

    def _lost(self, error: BucketsUnavailableError) -> None:
        self._away_until = self._clock.monotonic() + AWAY_SECONDS
        log.warning("budget.alone", error=str(error))


def _key(key: str) -> str:
    return f"retry:{key}"

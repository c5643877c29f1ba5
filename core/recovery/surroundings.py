"""What the shared breakers and the budget for retries know of a component."""

from datetime import datetime, timedelta
from typing import Final

from core.clock import Clock
from core.resilience.breaker import Breakers
from core.resilience.breaker.standing import SHUT
from core.resilience.budget import RetryBudget

# For an open breaker that does not say when it tries again.
LATER: Final = timedelta(seconds=5)


class Shared:
    """By the name of the component, as applications report and ask for them."""

    def __init__(self, breakers: Breakers, budget: RetryBudget, clock: Clock) -> None:
        self._breakers = breakers
        self._budget = budget
        self._clock = clock

    def breaker_until(self, component: str) -> datetime | None:
        standing = self._breakers.behind([component]).get(component) if component else None
        if standing is None or standing.state not in SHUT:
            return None
        return standing.retry_at or self._clock.now() + LATER

    def has_budget(self, component: str) -> bool:
        return not component or self._budget.standing(component).refills_in <= 0

    def spent(self, component: str) -> None:
        if component:
            self._budget.may_retry(component)

    def succeeded(self, component: str) -> None:
        if component:
            self._budget.succeeded(component, retried=True)

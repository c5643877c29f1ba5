"""What stands between a component and its next attempt: its circuit breaker and its budget."""

from collections.abc import Collection, Mapping
from typing import Final

from core.clock import Clock
from core.recovery.answer import Circuit, Obstacle
from core.resilience.breaker import Breakers
from core.resilience.breaker.standing import Standing
from core.resilience.budget import RetryBudget

# Where an open breaker tells no time: an operator has opened it until it is reset.
UNTIL_SOMEBODY_ACTS: Final = 60.0


class Obstacles:
    """Asks Redis at most; `spend` does so for each retry that is advised."""

    def __init__(self, breakers: Breakers, budget: RetryBudget, clock: Clock) -> None:
        self._breakers = breakers
        self._budget = budget
        self._clock = clock

    def look(self, components: Collection[str]) -> Mapping[str, Obstacle]:
        """Of those that have a breaker: of their name, or declared for them."""
        found = self._breakers.behind(components)
        return {name: self._obstacle(standing) for name, standing in found.items()}

    def _obstacle(self, standing: Standing) -> Obstacle:
        circuit = Circuit(standing.state.shown)
        if circuit is not Circuit.OPEN:
            return Obstacle(circuit)
        if standing.retry_at is None:
            return Obstacle(circuit, UNTIL_SOMEBODY_ACTS)
        return Obstacle(circuit, (standing.retry_at - self._clock.now()).total_seconds())

    def spend(self, component: str, *, throttled: bool) -> float | None:
        """None where the budget pays for it; else the seconds until it would."""
        if self._budget.may_retry(component, throttled=throttled):
            return None
        return self._budget.standing(component).refills_in


def refill(budget: RetryBudget, successes: Mapping[str, int]) -> None:
    """What goes well fills budgets again."""
    for component, times in successes.items():
        budget.succeeded(component, times=times)

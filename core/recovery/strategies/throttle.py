"""`throttle`: the caller goes slower, so that the other side can keep up."""

from core.analysis.proposal import Advice
from core.errors import Category
from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out

_OVERLOAD = frozenset(
    {Category.RATE_LIMIT, Category.RESOURCE, Category.UNAVAILABLE, Category.TIMEOUT}
)


class Throttle:
    name = "throttle"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if situation.category not in _OVERLOAD and situation.advice is not Advice.THROTTLE:
            return skip(f"{situation.category} is no sign of too much at once")
        return carry_out(situation, given, f"{situation.kind or situation.category}: less at once")

"""`failover`: the same from another place."""

from core.errors import Category
from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out

_GONE = frozenset(
    {
        Category.CONNECTION,
        Category.ROUTING_STALE,
        Category.SERVER,
        Category.TIMEOUT,
        Category.UNAVAILABLE,
    }
)


class Failover:
    name = "failover"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if situation.category not in _GONE:
            return skip(f"{situation.category} would be the same elsewhere")
        return carry_out(situation, given, f"{situation.category}: another one takes over")

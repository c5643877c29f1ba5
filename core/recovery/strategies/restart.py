"""`restart`: begin anew what got stuck, leaks or is broken inside."""

from core.errors import Category
from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out

_OUTSIDE = frozenset(
    {
        Category.AUTH,
        Category.CONFIG,
        Category.INTEGRITY,
        Category.NOT_FOUND,
        Category.RATE_LIMIT,
        Category.UNSUPPORTED,
        Category.VALIDATION,
    }
)


class Restart:
    name = "restart"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if situation.category in _OUTSIDE:
            return skip(f"{situation.category} is the same after a restart")
        return carry_out(situation, given, "a fresh start may free what is stuck")

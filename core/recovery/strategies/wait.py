"""`wait`: not before the failing side's own time is over, or its supplies have grown again."""

from core.analysis.proposal import Advice
from core.errors import Category
from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, again

_ENDING = frozenset({Category.RATE_LIMIT, Category.RESOURCE, Category.UNAVAILABLE})
# What the kind of a failure calls for says more than its category.
_ADVISED = frozenset({Advice.WAIT, Advice.THROTTLE})


class Wait:
    name = "wait"

    def decide(self, situation: Situation, given: Given) -> Decision:
        told = situation.retry_after
        if told is not None:
            return again(situation, given, told=told, reason=f"asked to wait {told:g} s")
        ending = situation.category in _ENDING or situation.advice in _ADVISED
        if situation.transient and ending:
            what = situation.kind or situation.category
            return again(situation, given, told=None, reason=f"{what} ends by itself")
        return skip("nobody asked to wait, and nothing grows again here")

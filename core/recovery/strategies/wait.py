"""`wait`: not before the failing side's own time is over, or its supplies have grown again."""

from core.errors import Category
from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, again

_ENDING = frozenset({Category.RATE_LIMIT, Category.RESOURCE, Category.UNAVAILABLE})


class Wait:
    name = "wait"

    def decide(self, situation: Situation, given: Given) -> Decision:
        told = situation.retry_after
        if told is not None:
            return again(situation, given, told=told, reason=f"asked to wait {told:g} s")
        if situation.transient and situation.category in _ENDING:
            return again(situation, given, told=None, reason=f"{situation.category} ends by itself")
        return skip("nobody asked to wait, and nothing grows again here")

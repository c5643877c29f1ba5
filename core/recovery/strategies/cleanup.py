"""`cleanup`: make room where something is full."""

from core.errors import Category
from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out


class Cleanup:
    name = "cleanup"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if situation.category is not Category.RESOURCE:
            return skip(f"{situation.category} is no lack of room")
        return carry_out(situation, given, "something is full")

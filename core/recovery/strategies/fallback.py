"""`fallback`: do without for now: a copy, a default, another model."""

from core.recovery.decision import Decision
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out


class Fallback:
    name = "fallback"

    def decide(self, situation: Situation, given: Given) -> Decision:
        return carry_out(situation, given, f"{situation.kind or situation.category}: do without")

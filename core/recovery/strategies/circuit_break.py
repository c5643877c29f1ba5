"""`circuit_break`: no more calls for a while to what keeps failing."""

from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out


class CircuitBreak:
    name = "circuit_break"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if not situation.transient:
            return skip("calls that never succeed need no pause")
        return carry_out(situation, given, f"{situation.category}: calls pause until it is back")

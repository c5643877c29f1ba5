"""`replay`: send again what lies in the dead letters, once its cause should be over."""

from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out


class Replay:
    name = "replay"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if not situation.transient:
            return skip("it would fail again in the same way")
        return carry_out(situation, given, "what failed meanwhile is sent again")

"""`quarantine`: put aside the one piece of work that breaks everything it meets."""

from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out


class Quarantine:
    name = "quarantine"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if not situation.replayable and not situation.operation:
            return skip("the event does not tell which piece of work it was")
        return carry_out(situation, given, "this piece of work fails wherever it goes")

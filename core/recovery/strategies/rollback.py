"""`rollback`: back to the release before, if the failure came with this one."""

from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, carry_out


class Rollback:
    name = "rollback"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if not situation.release:
            return skip("the event names no release")
        if not situation.new_in_release:
            return skip(f"the failure is older than release {situation.release}")
        return carry_out(situation, given, f"it came with release {situation.release}")

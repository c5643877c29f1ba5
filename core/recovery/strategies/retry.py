"""`retry`: the same once more, after a pause that grows."""

from core.recovery.decision import Decision, skip
from core.recovery.situation import Situation
from core.recovery.strategy import Given, again


class Retry:
    name = "retry"

    def decide(self, situation: Situation, given: Given) -> Decision:
        if not situation.transient:
            return skip("it does not go away by trying again")
        reason = f"{situation.category} is usually temporary"
        return again(situation, given, told=situation.retry_after, reason=reason)

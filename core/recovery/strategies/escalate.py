"""`escalate`: a person has to look; nothing is tried."""

from core.recovery.decision import Decision, Verb
from core.recovery.situation import Situation
from core.recovery.strategy import Given


class Escalate:
    name = "escalate"

    def decide(self, situation: Situation, given: Given) -> Decision:  # noqa: ARG002
        if situation.transient:
            return Decision(Verb.ESCALATE, "nothing that may be tried has mended it")
        return Decision(Verb.ESCALATE, f"{situation.category} does not mend itself")

"""The trace of an alert: one entry for each step that decided what became of it, and why."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """In the order in which an alert meets them."""

    RULE = "rule"
    INCIDENT = "incident"
    ROUTE = "route"
    GROUP = "group"
    INHIBITED = "inhibited"
    SILENCED = "silenced"
    MUTED = "muted"
    THROTTLED = "throttled"
    BUDGET = "budget"
    NOTIFIED = "notified"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a step made of an alert; `channel` where it was about one channel only."""

    alert_id: int
    step: Step
    outcome: str
    reason: str
    channel: str | None = None

    @property
    def verdict(self) -> str:
        """The same as long as nothing has changed, so that it is written down once."""
        return f"{self.step}:{self.outcome}"

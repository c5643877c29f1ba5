"""What a family of errors proposes to do, in the words that the next stage acts on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import Category


class Advice(StrEnum):
    """`throttle`: slower from now on. `circuit_break`: try again, and stop calling for a while
    where many fail. `fallback`: do without, from a copy, another model or a default.
    """

    RETRY = "retry"
    WAIT = "wait"
    THROTTLE = "throttle"
    CIRCUIT_BREAK = "circuit_break"
    FALLBACK = "fallback"
    FAIL_FAST = "fail_fast"
    ESCALATE = "escalate"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Proposal:
    """`policy` names how often and how far apart: a category, or a kind that has its own advice
    (`database.deadlock`). `retry_after` in seconds, where the event tells it.
    """

    action: Advice
    policy: str
    retry_after: float | None = None

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"action": self.action.value, "policy": self.policy}
        return answer if self.retry_after is None else {**answer, "retry_after": self.retry_after}


# The same as the shipped policies of recovery say; a test holds the two together.
_AGAIN = {Category.RATE_LIMIT: Advice.WAIT, Category.RESOURCE: Advice.WAIT}
_NEVER = {
    Category.RATE_LIMIT: Advice.ESCALATE,
    Category.RESOURCE: Advice.ESCALATE,
    Category.AUTH: Advice.ESCALATE,
    Category.CONFIG: Advice.ESCALATE,
    Category.BUG: Advice.ESCALATE,
    Category.UNKNOWN: Advice.ESCALATE,
    Category.CANCELLED: Advice.NONE,
}


def usual(category: Category, *, transient: bool) -> Advice:
    """The advice where the kind has none of its own."""
    if transient:
        return _AGAIN.get(category, Advice.RETRY)
    return _NEVER.get(category, Advice.FAIL_FAST)

"""What a strategy answers: an action to take, a time to watch, a call for a person, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """`watch`: others mend it, as a client that tries again; we look whether they did."""

    ACT = "act"
    WATCH = "watch"
    ESCALATE = "escalate"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Decision:
    """`action`, `target` and `arguments` go with `act`; `delay` in seconds also with `watch`."""

    verb: Verb
    reason: str
    action: str = ""
    target: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0


def skip(reason: str) -> Decision:
    """The strategy has nothing to offer here; the next one is asked."""
    return Decision(Verb.SKIP, reason)

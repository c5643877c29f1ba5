"""What a guard is: a pure look at a frozen picture that lets an action pass, or says why not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.recovery.limits import Limits, Window
from core.recovery.mode import Mode


class Then(StrEnum):
    """What follows from a refusal: the next strategy, the same one later, or a person."""

    NEXT = "next"
    LATER = "later"
    ESCALATE = "escalate"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`until` goes with `later`."""

    guard: str
    reason: str
    then: Then
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All that guards may know, at one moment.

    `acts`: when this action was ordered for this target, as far back as the limits look, newest
    first; those after `healthy_at` count in full. `live`, `live_in_project`, `live_in_component`:
    actions ordered and not yet verified. `taken`: acts of this recovery. `instances`: of how many
    alike the target is one, if that is known. `breaker_until` stands for an open breaker. `budget`
    is false where no more retries may be spent. `known`: there is such an action.
    """

    now: datetime
    action: str
    target: str
    mode: Mode
    limits: Limits
    acts: Sequence[datetime] = ()
    healthy_at: datetime | None = None
    live: int = 0
    live_in_project: int = 0
    live_in_component: int = 0
    taken: int = 0
    instances: int | None = None
    windows: Sequence[Window] = field(default_factory=tuple)
    breaker_until: datetime | None = None
    budget: bool = True
    approved: bool = False
    known: bool = True


class Guard(Protocol):
    def __call__(self, picture: Picture) -> Refusal | None: ...

"""Where a saga stands and where it goes next: pure.

running ──last step done──▶ completed
   │ step failed for good, deadline over, cancelled
   ▼
compensating ──nothing left to undo──▶ compensated
   │ undoing failed for good                 ▲
   ▼                                         │
 stuck ──resumed by a person──▶ compensating ┘
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    RUNNING = "running"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    COMPENSATED = "compensated"
    STUCK = "stuck"


class Direction(StrEnum):
    DO = "do"
    UNDO = "undo"


TURN_OF = {State.RUNNING: Direction.DO, State.COMPENSATING: Direction.UNDO}


@dataclass(frozen=True, slots=True)
class Course:
    """`position` is the step whose turn it is; none where the saga has ended."""

    state: State
    position: int | None = None

    @property
    def direction(self) -> Direction:
        return TURN_OF[self.state]


def after_doing(position: int, *, steps: int) -> Course:
    if position + 1 < steps:
        return Course(State.RUNNING, position + 1)
    return Course(State.COMPLETED)


def undoing(begun: Collection[int], *, below: int) -> Course:
    """Backwards over the steps that began and lie below that position."""
    left = [position for position in begun if position < below]
    return Course(State.COMPENSATING, max(left)) if left else Course(State.COMPENSATED)

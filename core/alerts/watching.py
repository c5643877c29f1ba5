"""What a series is used to: the detector of anomalies over slots of minutes, remembered.

1. A slot is told once it is over and has settled; slots without rows count nothing.
2. Counts are put on a scale on which chance is equally large everywhere (Anscombe, 1948), and no
   error smaller than chance is believed: so a month of usual days gives no alarm, be it of
   hundreds of events in a slot or of one in a day.
3. A new series is silent until the detector has learnt.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.analysis.anomalies import Detector, Tuning

# The mean error of counts on Anscombe's scale is 0.8; a little above it is on the safe side.
COUNTED: Final = Tuning(least_error=1.0)
MEASURED: Final = Tuning()
# How many surprises are remembered; one is told for a few slots at most.
REMEMBERED: Final = 8


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


class Scale(StrEnum):
    COUNT = "count"
    LEVEL = "level"

    @property
    def tuning(self) -> Tuning:
        return COUNTED if self is Scale.COUNT else MEASURED

    def forth(self, value: float) -> float:
        return 2 * math.sqrt(value + 0.375) if self is Scale.COUNT else value

    def back(self, value: float) -> float:
        return max((max(value, 0.0) / 2) ** 2 - 0.375, 0.0) if self is Scale.COUNT else value


@dataclass(frozen=True, slots=True)
class Surprise:
    """`until` is the end of the slot. Between `low` and `high` nobody would have been surprised."""

    until: datetime
    score: float
    value: float
    expected: float
    low: float
    high: float

    @property
    def upwards(self) -> bool:
        return self.value > self.expected

    def fits(self, direction: Direction) -> bool:
        return direction is Direction.BOTH or self.upwards == (direction is Direction.UP)


@dataclass(slots=True)
class Watch:
    """Of one series: what it has learnt up to `until`, and the latest surprises."""

    scale: Scale
    slot: timedelta
    until: datetime
    points: int = 0
    detector: Detector = field(init=False)
    surprises: tuple[Surprise, ...] = ()

    def __post_init__(self) -> None:
        self.detector = Detector(self.scale.tuning)

    @property
    def learning(self) -> bool:
        return self.points < self.scale.tuning.learning

    def follow(self, values: Mapping[datetime, float], until: datetime) -> int:
        """Learns all whole slots before `until`, by their beginnings; tells how many."""
        begun, followed = self.until, 0
        while begun + self.slot <= until:
            value = values.get(begun, 0.0 if self.scale is Scale.COUNT else None)
            if value is not None:
                self._learn(begun, value)
            begun += self.slot
            followed += 1
        self.until = begun
        return followed

    def _learn(self, begun: datetime, value: float) -> None:
        found = self.detector.update(begun.timestamp(), self.scale.forth(value))
        self.points += 1
        if found.anomalous:
            back = self.scale.back
            bounds = (back(found.expected), back(found.low), back(found.high))
            told = Surprise(begun + self.slot, found.score, value, *bounds)
            self.surprises = (*self.surprises, told)[-REMEMBERED:]

    def worst(self, since: datetime, direction: Direction) -> Surprise | None:
        """Of those that ended after `since`."""
        late = (each for each in self.surprises if each.until > since and each.fits(direction))
        return max(late, key=lambda each: each.score, default=None)

    def state(self) -> dict[str, Any]:
        """As JSON has it; `watch_of` goes on from it."""
        return {
            "scale": self.scale.value,
            "slot": self.slot.total_seconds(),
            "points": self.points,
            "surprises": [_row(each) for each in self.surprises],
            "detector": self.detector.state(),
        }


def watch_of(state: Mapping[str, Any], until: datetime) -> Watch:
    scale = Scale(state["scale"])
    made = Watch(scale, timedelta(seconds=state["slot"]), until, state["points"])
    made.detector = Detector.of(state["detector"], scale.tuning)
    made.surprises = tuple(_surprise(each) for each in state["surprises"])
    return made


def begins(at: datetime, slot: timedelta) -> datetime:
    """Of the slot that the moment lies in."""
    seconds = slot.total_seconds()
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def _row(each: Surprise) -> list[float]:
    seen = (each.score, each.value, each.expected, each.low, each.high)
    return [each.until.timestamp(), *seen]


def _surprise(row: Iterable[float]) -> Surprise:
    until, *seen = row
    return Surprise(datetime.fromtimestamp(until, UTC), *seen)

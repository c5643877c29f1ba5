"""How many notifications a channel gets in a time; what is beyond waits for a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Budget:
    most: int
    per: timedelta

    def __str__(self) -> str:
        return f"{self.most} per {self.per}"


@dataclass(frozen=True, slots=True)
class Room:
    """`again_at` is when there is room again, where none is left."""

    left: int
    again_at: datetime | None = None


def room(budget: Budget, spent: Sequence[datetime], now: datetime) -> Room:
    """`spent`: when notifications went to the channel, in any order. One is kept for the digest."""
    recent = sorted(at for at in spent if at > now - budget.per)
    left = budget.most - len(recent)
    if left > 0:
        return Room(left)
    return Room(0, recent[len(recent) - budget.most] + budget.per)

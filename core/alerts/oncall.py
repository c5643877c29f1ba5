"""Who is on duty: people in turns, with hand-overs by the wall clock, and exceptions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else, from one moment to another."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Rota:
    """`start` is the wall-clock time at which the first of `people` begins."""

    name: str
    people: tuple[str, ...]
    start: datetime
    every: timedelta
    zone: ZoneInfo
    overrides: tuple[Override, ...] = ()

    def on_duty(self, now: datetime) -> str:
        """The last override that holds wins."""
        for override in reversed(self.overrides):
            if override.start <= now < override.end:
                return override.person
        return self.people[self._turn(now) % len(self.people)]

    def hand_over(self, now: datetime) -> datetime:
        """When the turn that goes on now is over, without the overrides."""
        wall = self.start + (self._turn(now) + 1) * self.every
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def _turn(self, now: datetime) -> int:
        """By wall-clock time, so that a change of clocks moves no hand-over."""
        return (now.astimezone(self.zone).replace(tzinfo=None) - self.start) // self.every

"""How often, how many at once, and how long: the numbers that keep recovery from running away."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

DAY: Final = timedelta(days=1)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds.

    `cooldown` between two acts of a kind on one target; `most` of them `within` that time, then a
    person is called; what was found healthy in between counts no more, but for `most_a_day`.
    `at_once` on one target and `at_once_in_project` in all; `share` of a component's instances.
    `attempts` of one recovery. `patience` for guards that say later. `quiet` after a recovery was
    given up. `approval` is how long a person is waited for.
    """

    cooldown: float = 60.0
    most: int = 3
    within: float = 900.0
    most_a_day: int = 12
    at_once: int = 1
    at_once_in_project: int = 10
    share: float = 0.34
    attempts: int = 12
    patience: float = 900.0
    quiet: float = 3_600.0
    approval: float = 3_600.0

    @property
    def memory(self) -> timedelta:
        """How far back acts count."""
        return max(DAY, timedelta(seconds=max(self.cooldown, self.within)))


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which nothing is done by itself: on these days (0 is Monday), from one minute of
    the day to another, in UTC. One that ends before it begins goes over midnight.
    """

    days: frozenset[int] = field(default_factory=lambda: frozenset(range(7)))
    begins: int = 0
    ends: int = 24 * 60

    def until(self, now: datetime) -> datetime | None:
        """When the window that `now` is in ends; none if it is in none."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for first in (today, today - timedelta(days=1)):
            if first.weekday() not in self.days:
                continue
            length = (self.ends - self.begins) % (24 * 60) or 24 * 60
            begun = first + timedelta(minutes=self.begins)
            if begun <= now < begun + timedelta(minutes=length):
                return begun + timedelta(minutes=length)
        return None


@dataclass(frozen=True, slots=True)
class Verification:
    """When success is believed. Times in seconds.

    The first look comes `after` the act and the next ones `every` so often; it must be well for
    `hold`, and is given up after `within`. `probe` is asked with `arguments`, if one is named.
    `rate`: the error's own rate must be back at its baseline.
    """

    after: float = 2.0
    every: float = 3.0
    hold: float = 5.0
    within: float = 90.0
    rate: bool = True
    probe: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return asdict(self)

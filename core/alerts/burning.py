"""Error budgets: how fast one burns, how much of it is left, and when it will be gone: pure.

An objective of 99.9 % leaves a budget of 0.1 %. Who fails at just that rate burns it with factor 1;
with factor 14.4 a budget for 30 days is gone in 50 hours. One window alone either tells late or
goes on long after it is over, so that two have to agree (Google's SRE workbook, chapter 5).
"""

from dataclasses import dataclass
from datetime import timedelta


class ObjectiveError(ValueError):
    """No share between 0 and 1, both excluded."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How often something went well and how often not, in some time."""

    good: float = 0.0
    bad: float = 0.0

    def __add__(self, other: "Outcomes") -> "Outcomes":
        return Outcomes(self.good + other.good, self.bad + other.bad)

    @property
    def total(self) -> float:
        return self.good + self.bad


NOTHING = Outcomes()


@dataclass(frozen=True, slots=True)
class Budget:
    """Fewer reports than `least` say nothing: one failure of one is no outage."""

    objective: float
    least: float = 10

    def __post_init__(self) -> None:
        if not 0 < self.objective < 1:
            raise ObjectiveError(f"{self.objective} is no objective between 0 % and 100 %")

    @property
    def allowed(self) -> float:
        """The share that may fail."""
        return 1 - self.objective

    def factor(self, seen: Outcomes) -> float | None:
        """How many times faster than it may; none where too little is known."""
        if seen.total < self.least or not seen.total:
            return None
        return seen.bad / seen.total / self.allowed

    def agreed(self, long: Outcomes, short: Outcomes) -> float | None:
        """What both windows have reached. Silence in the short one means that it is over."""
        found = self.factor(long)
        if found is None or not short.total:
            return None if found is None else 0.0
        return min(found, short.bad / short.total / self.allowed)

    def left(self, seen: Outcomes) -> float | None:
        """Share of the budget of the whole time; never below 0."""
        found = self.factor(seen)
        return None if found is None else max(0.0, 1 - found)

    def gone_in(self, whole: Outcomes, lately: Outcomes, span: timedelta) -> timedelta | None:
        """At the pace of late. A budget that lasts is told as one of the `span` it is for."""
        left = self.left(whole)
        if left is None:
            return None
        pace = self.factor(lately) or 0.0
        return span if pace <= left else span * (left / pace)

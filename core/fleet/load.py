"""What a pool has to do and how it gets on: one look, and what all looks so far add up to."""

from dataclasses import dataclass, replace
from math import exp
from typing import Self

# Seconds in which an older look loses two thirds of its weight.
RATE_MEMORY = 10.0
BUSY_MEMORY = 5.0
SERVICE_MEMORY = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One look at one pool, on all its hosts; none is what could not be found out.

    `at` is in seconds on a clock that never runs backwards. `children` is the target in force,
    `running` how many of them live, `busy` how many were at work. `backlog` counts tasks that wait
    and could be done now, `oldest` is for how long the first of them has waited. `finished` tasks
    ended since the look before. `processors` is the share of the hosts' that is in use.
    """

    at: float
    children: int
    running: int | None = None
    busy: float | None = None
    backlog: float | None = None
    oldest: float | None = None
    finished: float | None = None
    processors: float | None = None

    @property
    def complete(self) -> bool:
        return None not in (self.running, self.busy, self.backlog, self.oldest, self.finished)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the looks before add up to, newer ones weighing more; seconds throughout.

    Work and tasks decay together, so their quotient is the run time of a task. `low_since` is when
    the pool began to have little to do, `finished_at` when it was last seen to get something done.
    `changed_at` and `grown_at` are moments of decisions.
    """

    at: float | None = None
    backlog: float = 0.0
    arrival: float = 0.0
    busy: float = 0.0
    work: float = 0.0
    tasks: float = 0.0
    low_since: float | None = None
    finished_at: float = 0.0
    changed_at: float = 0.0
    grown_at: float = 0.0

    @classmethod
    def beginning(cls, at: float) -> Self:
        """Nobody knows what was decided before: nothing shrinks until enough has been seen."""
        return cls(finished_at=at, changed_at=at, grown_at=at)

    def service(self, expected: float) -> float:
        """Run time of a task; what is expected counts like one task that was seen."""
        return (self.work + expected) / (self.tasks + 1)

    def utilisation(self, running: int) -> float:
        return self.busy / running if running else float(self.busy > 0)

    def with_look(self, seen: Observation, *, low: float) -> Self:
        """`low` is the utilisation below which a pool has little to do."""
        if not seen.complete:
            return self
        assert seen.backlog is not None
        assert seen.busy is not None
        assert seen.finished is not None
        if self.at is None:
            return replace(self, at=seen.at, backlog=seen.backlog, busy=seen.busy)
        seconds = max(seen.at - self.at, 1e-3)
        came = max(seen.backlog - self.backlog + seen.finished, 0.0) / seconds
        kept = exp(-seconds / SERVICE_MEMORY)
        busy = _blend(self.busy, seen.busy, seconds / BUSY_MEMORY)
        idle = seen.backlog <= 0 and seen.busy <= 0
        return replace(
            self,
            at=seen.at,
            backlog=seen.backlog,
            arrival=_blend(self.arrival, came, seconds / RATE_MEMORY),
            busy=busy,
            work=self.work * kept + seen.busy * seconds,
            tasks=self.tasks * kept + seen.finished,
            low_since=self._low_since(seen, busy, low),
            finished_at=seen.at if seen.finished or idle else self.finished_at,
        )

    def _low_since(self, seen: Observation, busy: float, low: float) -> float | None:
        assert seen.running is not None
        if busy >= low * seen.running and busy > 0:
            return None
        return seen.at if self.low_since is None else self.low_since

    def with_change(self, at: float, *, grown: bool) -> Self:
        return replace(self, changed_at=at, grown_at=at if grown else self.grown_at)


def _blend(old: float, new: float, age: float) -> float:
    return new + (old - new) * exp(-age)

"""When a dead process is started again: a decision, without a clock and without a process."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Restart:
    """`broken` processes rest: something must be repaired before another try makes sense."""

    delay: float
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Restarts:
    """The delay grows by `factor` per death inside `window` up to `cap`; `deaths` are too many.

    Seconds throughout. A broken process gets one new chance after each `rest`, so that a host which
    nobody looks at heals when its dependency does.
    """

    base: float = 0.25
    factor: float = 2.0
    cap: float = 5.0
    deaths: int | None = 4
    window: float = 60.0
    rest: float = 15.0

    def decide(self, deaths: Sequence[float], now: float) -> Restart:
        """`deaths` are the moments of all deaths, the last one included."""
        recent = len(self.recent(deaths, now))
        if self.deaths is not None and recent >= self.deaths:
            return Restart(self.rest, broken=True)
        return Restart(min(self.base * self.factor ** max(recent - 1, 0), self.cap))

    def recent(self, deaths: Sequence[float], now: float) -> list[float]:
        return [moment for moment in deaths if now - moment < self.window]


# Everything depends on the servers: they are tried for as long as it takes.
TIRELESS = Restarts(deaths=None, base=0.1)

"""A scenario is a value: load, faults, and what must hold; and how promises are checked."""

from dataclasses import dataclass, field

from tests.chaos.fault import Fault
from tests.chaos.site import Around


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """`items` pieces of work at `item_rate` a second, `event_rate` events as long as it takes.

    `lease` seconds after its worker was lost a piece of work is taken up again.
    """

    item_rate: float
    event_rate: float
    items: int | None = None
    lease: int = 30


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Nothing lost and nothing done twice goes without saying.

    `recovery` is from the end of a fault until its target is back and intake and work went on;
    `settled` from the end of the last one until nothing waits any more. Both in seconds.
    `errors` are per minute: requests not answered with 200, and lines of level error in the logs.
    `restarts` are of one process before it is marked broken. `logged` are names of events.
    """

    recovery: float | None = None
    settled: float = 240.0
    availability: float | None = None
    during: bool = False
    errors: float | None = None
    restarts: int | None = None
    logged: tuple[str, ...] = ()

    def broken(self, outcome):
        """The promises that were not kept, in words."""
        checks = (*self._nothing_lost(outcome), *self._behaviour(outcome))
        return [words for kept, words in checks if not kept]

    def _nothing_lost(self, outcome):
        yield not outcome.lost, f"{len(outcome.lost)} events or pieces of work are lost"
        yield not outcome.doubled, f"{len(outcome.doubled)} were done twice"
        yield outcome.doctor == 0, f"`mendline doctor` exits with {outcome.doctor}"
        yield outcome.balanced, f"the books do not balance: {outcome.books}"
        yield (
            outcome.settled_in <= self.settled,
            f"settled in {outcome.settled_in:.1f} s, not in {self.settled}",
        )

    def _behaviour(self, outcome):
        slowest = max((hit.recovered_in for hit in outcome.hits), default=0.0)
        yield _within(slowest, self.recovery), f"the slowest recovery took {slowest:.1f} s"
        enough = self.availability is None or outcome.availability >= self.availability
        yield enough, f"only {outcome.availability:.1%} of requests were answered"
        for hit in outcome.hits if self.during else ():
            yield hit.accepted > 0, f"no event was accepted during {hit.fault}"
        yield (
            _within(outcome.errors_per_minute, self.errors),
            (f"{outcome.errors_per_minute:.1f} errors a minute"),
        )
        most = max(outcome.restarts.values(), default=0)
        yield _within(most, self.restarts), f"{most} restarts of one process in its window"
        for event in self.logged:
            yield event in outcome.logged, f"nothing logged {event}"


def _within(value, limit):
    return limit is None or value <= limit


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`hits` faults are drawn from `faults` by `seed`; with 0, each comes once and in order.

    `pause` lies between the end of one and the next; drawn ones vary it by half.
    """

    name: str
    about: str
    faults: tuple[Fault, ...]
    pressure: Pressure
    expected: Expected = field(default_factory=Expected)
    around: Around = field(default_factory=Around)
    hits: int = 0
    pause: float = 2.0
    seed: int = 7

    def course(self, chance):
        """Faults and the pauses before them; drawn ones without an end."""
        if not self.hits:
            yield from ((fault, self.pause) for fault in self.faults)
        while self.hits:
            yield chance.choice(self.faults), self.pause * chance.uniform(0.5, 1.5)

"""What the processes share of a breaker: its standing, its window, and the leases of its probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.resilience.breaker.settings import BreakerSettings
from core.resilience.breaker.standing import Standing
from core.resilience.breaker.transition import Probes, Tally


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls that one reporter made under one version of a breaker, since its last batch."""

    name: str
    version: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Seen:
    """What is shared of a breaker at the store's time `now`.

    No `standing`: the store does not know it, which says nothing about how it stands. `unwritten`:
    its row could not be written yet. `isolated` reporters keep away until then. `placed`: since
    when the store has had this standing.
    """

    now: datetime
    standing: Standing | None
    tallies: Sequence[Tally] = ()
    probes: Probes = Probes()  # noqa: RUF009 (frozen)
    unwritten: bool = False
    isolated: Mapping[str, datetime] = field(default_factory=dict)
    placed: datetime | None = None


class SharedBreakers(Protocol):
    """All of it raises `BreakerStateUnavailableError`; all times are the store's."""

    def exchange(self, batch: Batch, settings: BreakerSettings) -> Seen:
        """Adds what was counted, unless it belongs to another version, and tells how it stands."""
        ...

    def install(self, standing: Standing, *, unwritten: bool = False) -> Standing:
        """Takes the place of a lower version, with an empty window; the one that stands then."""
        ...

    def written(self, standing: Standing) -> None:
        """The row of this version is there."""
        ...

    def lease(self, standing: Standing, settings: BreakerSettings) -> str | None:
        """One of the probes of this half-open version; none when all are given."""
        ...

    def settle(self, name: str, version: int, lease: str, *, passed: bool | None) -> None:
        """How a probe came back; without `passed` another one may have its place."""
        ...

    def isolate(self, name: str, reporter: str, *, seconds: float) -> datetime:
        """This reporter's counts no longer count; until when it keeps away."""
        ...

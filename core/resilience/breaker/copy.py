"""A process's copy of one breaker: what the hot path reads, and what it has counted."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from core.resilience.breaker.permit import Permit
from core.resilience.breaker.settings import BreakerSettings, Mode
from core.resilience.breaker.shared import Seen
from core.resilience.breaker.standing import FORCED_SHUT, OPENING, Standing, State
from core.resilience.breaker.transition import Tally, share

NEVER: Final = float("-inf")
MOST_REPORTERS: Final = 100
OTHERS: Final = "others"


@dataclass(slots=True)
class Copy:
    """`free`: calls pass without another look. `permit` serves all calls that are no probes.

    Moments that the hot path compares are of the monotonic clock, in seconds; `now` turns them into
    the store's time. `known` is the last standing that was shared, whatever this process decided
    alone since. `reporter` is this process's own. Until `leased_until` it may be acted on;
    `known_at` and `decided_at` tell when this process heard of the versions it knows and has.
    """

    name: str
    reporter: str
    settings: BreakerSettings
    permit: Permit
    project_id: int | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    standing: Standing | None = None
    known: Standing | None = None
    free: bool = False
    seen_at: float = NEVER
    leased_until: float = NEVER
    known_at: float = NEVER
    decided_at: float = NEVER
    agreed_at: float = NEVER
    probes_gone_until: float = NEVER
    used_at: float = NEVER
    isolated: Mapping[str, datetime] = field(default_factory=dict)
    tallies: tuple[Tally, ...] = ()
    counting: threading.Lock = field(default_factory=threading.Lock)
    exchanging: threading.RLock = field(default_factory=threading.RLock)
    calls: int = 0
    failures: int = 0
    slow: int = 0
    refused: int = 0
    of_others: dict[str, Tally] = field(default_factory=dict)
    _epoch: datetime | None = None

    @property
    def has_counted(self) -> bool:
        return bool(self.calls or self.refused or self.of_others)

    def count(self, *, ok: bool, slow: bool, calls: int = 1) -> None:
        with self.counting:
            self.calls += calls
            if not ok:
                self.failures += calls
            if slow:
                self.slow += calls

    def count_for(self, tally: Tally) -> None:
        """What another node has counted; beyond so many of them they are one."""
        with self.counting:
            who, known = tally.reporter, self.of_others
            if who not in known and len(known) >= MOST_REPORTERS:
                who = OTHERS
            known[who] = known.get(who, Tally(who)) + tally

    def take(self) -> tuple[list[Tally], int]:
        """What was counted since the last time, and how many calls were refused."""
        with self.counting:
            own = Tally(self.reporter, self.calls, self.failures, self.slow)
            tallies, refused = [*self.of_others.values(), own], self.refused
            self.of_others = {}
            self.calls = self.failures = self.slow = self.refused = 0
        return tallies, refused

    @property
    def is_opening(self) -> bool:
        return self.standing is not None and self.standing.state in OPENING

    def see(self, seen: Seen, at: float, *, until: float) -> None:
        """`at` is the monotonic moment that belongs to the store's `now`.

        The lease comes last: another thread must not act on an old standing with a new lease.
        """
        self._epoch = seen.now - timedelta(seconds=at)
        self.tallies, self.isolated = tuple(seen.tallies), seen.isolated
        if seen.standing is not None:
            self.stand(seen.standing, at)
        self.seen_at, self.leased_until = at, until

    def know(self, standing: Standing | None, at: float) -> None:
        """What is shared, or in the row."""
        if standing is None or self.known is None or standing.version != self.known.version:
            self.known_at = at
        self.known = standing

    def stand(self, standing: Standing, at: float) -> None:
        if standing.version != self.permit.version:
            self._drop_counts()
            self.permit, self.decided_at = Permit(self.name, standing.version), at
            self.probes_gone_until = NEVER
        self.standing = standing
        self.free = self._is_free(at)

    def now(self, at: float) -> datetime:
        assert self._epoch is not None  # seen at least once before anybody asks
        return self._epoch + timedelta(seconds=at)

    def left(self, moment: datetime, at: float) -> float:
        """Seconds until then."""
        return (moment - self.now(at)).total_seconds()

    def isolation(self, reporter: str, at: float) -> float:
        """For how long this node has to keep away by itself."""
        until = self.isolated.get(reporter)
        return 0.0 if until is None else self.left(until, at)

    def _drop_counts(self) -> None:
        """They belong to another version."""
        with self.counting:
            self.calls = self.failures = self.slow = 0
            self.of_others = {}

    def _is_free(self, at: float) -> bool:
        standing = self.standing
        if standing is None or any(self.left(until, at) > 0 for until in self.isolated.values()):
            return False
        if standing.state is State.FORCED_CLOSED:
            return standing.retry_at is None
        if self.settings.mode is Mode.METRICS:
            probed = standing.state is State.HALF_OPEN
            return standing.retry_at is None and not probed and standing.state not in FORCED_SHUT
        closed = standing.state is State.CLOSED
        return closed and share(standing, self.settings, self.now(at)) >= 1.0

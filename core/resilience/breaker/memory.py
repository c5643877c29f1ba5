"""What is shared of breakers, within one process: for tests, and while Redis is away."""

import secrets
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import Clock
from core.resilience.breaker.errors import BreakerStateUnavailableError
from core.resilience.breaker.settings import BreakerSettings, WindowKind
from core.resilience.breaker.shared import Batch, Seen
from core.resilience.breaker.standing import Standing, State
from core.resilience.breaker.transition import Probes, Tally

SLOTS = 10
_NOTHING = Tally("")


@dataclass(slots=True)
class _Kept:
    """`counted` has the tallies by slot of time; `probes` the end of a lease, or how it went."""

    standing: Standing
    unwritten: bool
    placed: datetime
    counted: dict[tuple[int, str], Tally] = field(default_factory=dict)
    recent: deque[Tally] = field(default_factory=deque)
    probes: dict[str, datetime | bool] = field(default_factory=dict)
    isolated: dict[str, datetime] = field(default_factory=dict)


class MemoryBreakers:
    """`down` makes it unreachable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self.down = False

    def exchange(self, batch: Batch, settings: BreakerSettings) -> Seen:
        now = self._now()
        with self._lock:
            kept = self._kept.get(batch.name)
            if kept is None:
                return Seen(now, None)
            counts = batch.tally.calls > 0 and batch.version == kept.standing.version
            tally = batch.tally if counts else None
            return Seen(
                now=now,
                standing=kept.standing,
                tallies=_window(kept, tally, settings, now),
                probes=_probes(kept, now),
                unwritten=kept.unwritten,
                isolated=dict(kept.isolated),
                placed=kept.placed,
            )

    def install(self, standing: Standing, *, unwritten: bool = False) -> Standing:
        now = self._now()
        with self._lock:
            kept = self._kept.get(standing.name)
            if kept is None or kept.standing.version < standing.version:
                kept = self._kept[standing.name] = _Kept(standing, unwritten, now)
            return kept.standing

    def written(self, standing: Standing) -> None:
        self._now()
        with self._lock:
            kept = self._kept.get(standing.name)
            if kept is not None and kept.standing.version == standing.version:
                kept.unwritten = False

    def lease(self, standing: Standing, settings: BreakerSettings) -> str | None:
        now = self._now()
        with self._lock:
            kept = self._current(standing.name, standing.version)
            if kept is None or kept.standing.state is not State.HALF_OPEN:
                return None
            probes = _probes(kept, now)
            if probes.failed or probes.passed + probes.waiting >= settings.probes:
                return None
            lease = secrets.token_hex(8)
            kept.probes[lease] = now + timedelta(seconds=settings.timeout)
            return lease

    def settle(self, name: str, version: int, lease: str, *, passed: bool | None) -> None:
        now = self._now()
        with self._lock:
            kept = self._current(name, version)
            ends = kept.probes.get(lease) if kept is not None else None
            if kept is None or not isinstance(ends, datetime):
                return
            if passed is None or ends <= now:
                del kept.probes[lease]
            else:
                kept.probes[lease] = passed

    def isolate(self, name: str, reporter: str, *, seconds: float) -> datetime:
        ends = self._now() + timedelta(seconds=seconds)
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None:
                kept.isolated[reporter] = ends
                kept.counted = {k: v for k, v in kept.counted.items() if k[1] != reporter}
                kept.recent = deque(each for each in kept.recent if each.reporter != reporter)
        return ends

    def clear(self) -> None:
        """What a Redis does that was wiped."""
        with self._lock:
            self._kept.clear()

    def forget(self, name: str) -> None:
        with self._lock:
            self._kept.pop(name, None)

    def _current(self, name: str, version: int) -> _Kept | None:
        kept = self._kept.get(name)
        return kept if kept is not None and kept.standing.version == version else None

    def _now(self) -> datetime:
        if self.down:
            raise BreakerStateUnavailableError
        return self._clock.now()


def _window(
    kept: _Kept, tally: Tally | None, settings: BreakerSettings, now: datetime
) -> Sequence[Tally]:
    if settings.window is WindowKind.COUNT:
        return _by_count(kept, tally, settings.window_calls)
    slot = int(now.timestamp() / (settings.window_seconds / SLOTS))
    if tally is not None:
        place = (slot, tally.reporter)
        kept.counted[place] = kept.counted.get(place, _NOTHING) + tally
    fresh = range(slot - SLOTS + 1, slot + 1)
    kept.counted = {place: each for place, each in kept.counted.items() if place[0] in fresh}
    return _summed([(who, each) for (_, who), each in kept.counted.items()])


def _by_count(kept: _Kept, tally: Tally | None, calls: int) -> Sequence[Tally]:
    """The newest batches that together have so many calls."""
    if tally is not None:
        kept.recent.append(tally)
    while sum(each.calls for each in kept.recent) - _first(kept.recent) >= calls:
        kept.recent.popleft()
    return _summed([(each.reporter, each) for each in kept.recent])


def _first(recent: Sequence[Tally]) -> int:
    return recent[0].calls if recent else 1


def _summed(pairs: Sequence[tuple[str, Tally]]) -> Sequence[Tally]:
    sums: dict[str, Tally] = {}
    for who, tally in pairs:
        sums[who] = sums.get(who, Tally(who)) + tally
    return list(sums.values())


def _probes(kept: _Kept, now: datetime) -> Probes:
    how = list(kept.probes.values())
    waiting = sum(1 for each in how if isinstance(each, datetime) and each > now)
    return Probes(how.count(True), how.count(False), waiting)

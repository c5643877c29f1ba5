"""The minutes of components in memory: what may still change is read again, the rest is kept.

A window is the sum of its whole minutes, which is kept as well, of the running minute, and of the
share of its first minute that still lies in it. So a tick reads two or three rows of a series and
adds three sums, however long the window is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

MINUTE: Final = 60
# Minutes before the running one that rows may still be added to without being noticed late.
SETTLING: Final = timedelta(minutes=2)
# What arrived later than that is seen when everything is read again.
WHOLE_EVERY: Final = timedelta(minutes=10)

Series = tuple[int, str]

_ROWS: Final = text("""
    SELECT project_id, component, extract(epoch FROM minute)::bigint, events, successes, failures,
        duration_count, duration_sum, duration_max, duration_buckets, memory_max, connections_lost
    FROM component_minutes
    WHERE resolution = 60 AND minute >= :since AND minute < :until""")


@dataclass(slots=True)
class Tally:
    """What a component did in some time. `errors` counts a failure that was told twice once."""

    events: float = 0
    successes: float = 0
    failures: float = 0
    errors: float = 0
    timed: float = 0
    seconds: float = 0
    longest: float = 0
    lost: float = 0
    memory: int | None = None
    buckets: list[float] = field(default_factory=list)

    def add(self, other: "Tally", share: float = 1) -> None:
        self.events += other.events * share
        self.successes += other.successes * share
        self.failures += other.failures * share
        self.errors += other.errors * share
        self.timed += other.timed * share
        self.seconds += other.seconds * share
        self.lost += other.lost * share
        self.longest = max(self.longest, other.longest)
        if other.memory is not None:
            self.memory = max(self.memory or 0, other.memory)
        if other.buckets:
            pairs = zip_longest(self.buckets, other.buckets, fillvalue=0)
            self.buckets = [a + b * share for a, b in pairs]

    @property
    def reports(self) -> float:
        return self.successes + self.failures


def tally(row: Any) -> Tally:
    _, _, _, events, good, bad, timed, total, longest, buckets, memory, lost = row
    return Tally(
        events=events,
        successes=good,
        failures=bad,
        errors=max(events, bad),
        timed=timed,
        seconds=total / 1_000,
        longest=longest / 1_000,
        lost=lost,
        memory=memory,
        buckets=buckets,
    )


@dataclass(slots=True)
class Settled:
    """Sums of whole minutes, from `first` to before `last`, both in seconds of the epoch."""

    first: int
    last: int
    sums: dict[Series, Tally]


class Minutes:
    """Reads ahead in time only; an earlier moment than the last one begins anew."""

    def __init__(self) -> None:
        self._rows: dict[Series, dict[int, Tally]] = {}
        self._settled: dict[int, Settled] = {}
        self._span = timedelta(0)
        self._read_at: datetime | None = None
        self._whole_at: datetime | None = None

    def read(self, session: Session, at: datetime, span: timedelta) -> None:
        """Knows afterwards all that lies in the time before `at`."""
        whole = self._is_due(at, span)
        if whole or self._read_at is None:
            self._rows, self._settled = {}, {}
            self._span, self._whole_at = max(span, self._span), at
            since = at - self._span - timedelta(minutes=1)
        else:
            since = self._read_at - SETTLING
        since = since.replace(second=0, microsecond=0)
        for row in session.execute(_ROWS, {"since": since, "until": at}):
            self._rows.setdefault((row[0], row[1]), {})[row[2]] = tally(row)
        self._read_at = at
        self._forget(int((at - self._span).timestamp()) - 2 * MINUTE)

    def _is_due(self, at: datetime, span: timedelta) -> bool:
        if self._whole_at is None or self._read_at is None or span > self._span:
            return True
        return at < self._read_at or at - self._whole_at > WHOLE_EVERY

    def _forget(self, before: int) -> None:
        """Minutes are in order: what is over stands first."""
        for series in list(self._rows):
            minutes = self._rows[series]
            for minute in [each for each in minutes if each < before]:
                del minutes[minute]
            if not minutes:
                del self._rows[series]

    def __iter__(self) -> Iterator[tuple[Series, Mapping[int, Tally]]]:
        return iter(self._rows.items())

    def __len__(self) -> int:
        return len(self._rows)

    def over(self, at: datetime, window: timedelta) -> dict[Series, Tally]:
        """Of every series that is known at all, the sum of the time before `at`."""
        now = at.timestamp()
        running = int(now) // MINUTE * MINUTE
        begun = now - window.total_seconds()
        oldest = int(begun) // MINUTE * MINUTE
        share = 1 - (begun - oldest) / MINUTE
        settled = self._sums(oldest + MINUTE, running)
        found = {}
        for series, minutes in self._rows.items():
            total = Tally()
            if (sure := settled.get(series)) is not None:
                total.add(sure)
            if (open_one := minutes.get(running)) is not None and running > oldest:
                total.add(open_one)
            if (first := minutes.get(oldest)) is not None:
                total.add(first, share)
            found[series] = total
        return found

    def _sums(self, first: int, last: int) -> Mapping[Series, Tally]:
        """Of whole minutes; those that may still grow are added anew each time."""
        closed = max(last - int(SETTLING.total_seconds()), first)
        kept = self._settled.get(last - first)
        if kept is None or (kept.first, kept.last) != (first, closed):
            sums = self._added({}, range(first, closed, MINUTE))
            kept = self._settled[last - first] = Settled(first, closed, sums)
        return self._added(kept.sums, range(closed, last, MINUTE))

    def _added(self, before: Mapping[Series, Tally], minutes: range) -> dict[Series, Tally]:
        sums = dict(before)
        for series, known in self._rows.items():
            there = _within(known, minutes)
            if not there:
                continue
            total = Tally()
            if (old := before.get(series)) is not None:
                total.add(old)
            for minute in there:
                total.add(minute)
            sums[series] = total
        return sums


def _within(known: Mapping[int, Tally], minutes: range) -> list[Tally]:
    if len(known) < len(minutes):
        return [each for minute, each in known.items() if minutes.start <= minute < minutes.stop]
    return [known[minute] for minute in minutes if minute in known]


def grouped(tallies: Mapping[Series, Tally], group: Callable[[Series], Any]) -> dict[Any, Tally]:
    """Series that are one by `group` become one sum."""
    sums: dict[Any, Tally] = {}
    for series, each in tallies.items():
        name = group(series)
        if name not in sums:
            sums[name] = Tally()
        sums[name].add(each)
    return sums


def quantile(tally: Tally, bounds: tuple[float, ...], share: float) -> float | None:
    """In seconds, by the bounds of the buckets and even inside of one; never above the longest."""
    whole = sum(tally.buckets)
    if whole <= 0:
        return None
    wanted, seen = share * whole, 0.0
    for place, count in enumerate(tally.buckets):
        if count and seen + count >= wanted:
            low = bounds[place - 1] if place else 0.0
            high = bounds[place] if place < len(bounds) else tally.longest
            return min(low + (high - low) * max(wanted - seen, 0) / count, tally.longest)
        seen += count
    return tally.longest

"""The minutes of components in memory: what may still change is read again, the rest is kept.

A window is the sum of its whole minutes, which is kept as well, of the running minute, and of the
share of its first minute that still lies in it. So a tick reads two or three rows of a series and
adds three sums, however long the window is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from itertools import zip_longest
from operator import add
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

MINUTE: Final = 60
# Numbers of a tally that have names.
NAMED: Final = 7
# Minutes before the running one that rows may still be added to without being noticed late.
SETTLING: Final = timedelta(minutes=2)
_SETTLING: Final = int(SETTLING.total_seconds())
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
    """What a component did in some time. `errors` counts a failure that was told twice once.

    All that is added up stands in one list, so that a sum of two is one step of the interpreter:
    the seven numbers that have names, then the buckets of durations.
    """

    sums: list[float] = field(default_factory=lambda: [0.0] * NAMED)
    longest: float = 0
    memory: int | None = None

    def plus(self, other: "Tally", share: float = 1) -> "Tally":
        ours, theirs = self.sums, other.sums
        if share != 1:
            theirs = [each * share for each in theirs]
        if len(ours) == len(theirs):
            sums = list(map(add, ours, theirs))
        else:
            sums = [a + b for a, b in zip_longest(ours, theirs, fillvalue=0.0)]
        memory = self.memory
        if other.memory is not None:
            memory = other.memory if memory is None else max(memory, other.memory)
        return Tally(sums, max(self.longest, other.longest), memory)

    @property
    def events(self) -> float:
        return self.sums[0]

    @property
    def successes(self) -> float:
        return self.sums[1]

    @property
    def failures(self) -> float:
        return self.sums[2]

    @property
    def errors(self) -> float:
        return self.sums[3]

    @property
    def timed(self) -> float:
        return self.sums[4]

    @property
    def seconds(self) -> float:
        return self.sums[5]

    @property
    def lost(self) -> float:
        return self.sums[6]

    @property
    def buckets(self) -> list[float]:
        return self.sums[NAMED:]

    @property
    def reports(self) -> float:
        return self.sums[1] + self.sums[2]


def tally(row: Any) -> Tally:
    _, _, _, events, good, bad, timed, total, longest, buckets, memory, lost = row
    named = [events, good, bad, max(events, bad), timed, total / 1_000, lost]
    return Tally([*named, *(buckets or ())], longest / 1_000, memory)


_NONE: Final = Tally()  # never changed: sums are made, not added to


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
        self._recent: dict[tuple[int, int], Mapping[Series, Tally]] = {}
        self._forgot = 0
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
        for row in session.execute(_ROWS, {"since": since, "until": at}).all():
            self._rows.setdefault((row[0], row[1]), {})[row[2]] = tally(row)
        self._read_at = at
        self._recent = {}
        self._forget((int((at - self._span).timestamp()) - 2 * MINUTE) // MINUTE * MINUTE)

    def _is_due(self, at: datetime, span: timedelta) -> bool:
        if self._whole_at is None or self._read_at is None or span > self._span:
            return True
        return at < self._read_at or at - self._whole_at > WHOLE_EVERY

    def _forget(self, before: int) -> None:
        """What no window reaches any more; once a minute."""
        if before == self._forgot:
            return
        self._forgot = before
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
        settled = self._sure(oldest + MINUTE, running)
        recent = self._lately(max(running - _SETTLING, oldest + MINUTE), running + MINUTE)
        found = {}
        for series, minutes in self._rows.items():
            total = settled.get(series)
            if (late := recent.get(series)) is not None:
                total = late if total is None else total.plus(late)
            if (first := minutes.get(oldest)) is not None:
                total = (_NONE if total is None else total).plus(first, share)
            found[series] = _NONE if total is None else total
        return found

    def _sure(self, first: int, last: int) -> Mapping[Series, Tally]:
        """Of whole minutes that do not grow any more; added up once a minute."""
        closed = max(last - _SETTLING, first)
        kept = self._settled.get(last - first)
        if kept is None or (kept.first, kept.last) != (first, closed):
            sums = self._added(range(first, closed, MINUTE))
            kept = self._settled[last - first] = Settled(first, closed, sums)
        return kept.sums

    def _lately(self, first: int, last: int) -> Mapping[Series, Tally]:
        """Of minutes that may still grow: the same for all windows but the shortest."""
        if (first, last) not in self._recent:
            self._recent[first, last] = self._added(range(first, last, MINUTE))
        return self._recent[first, last]

    def _added(self, minutes: range) -> dict[Series, Tally]:
        if not minutes:
            return {}
        found = ((series, _within(known, minutes)) for series, known in self._rows.items())
        return {series: reduce(Tally.plus, there) for series, there in found if there}


def _within(known: Mapping[int, Tally], minutes: range) -> list[Tally]:
    if len(known) < len(minutes):
        return [each for minute, each in known.items() if minutes.start <= minute < minutes.stop]
    return [known[minute] for minute in minutes if minute in known]


def grouped(tallies: Mapping[Series, Tally], group: Callable[[Series], Any]) -> dict[Any, Tally]:
    """Series that are one by `group` become one sum."""
    sums: dict[Any, Tally] = {}
    for series, each in tallies.items():
        name = group(series)
        sums[name] = sums[name].plus(each) if name in sums else each
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

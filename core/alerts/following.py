"""Follows all series of a measure from slot to slot, and keeps what was learnt of each.

1. All known series learn the slots since they were last looked at: a bounded number in one look,
   so that after a long pause they catch up in a few looks.
2. A few new series in each look learn from the roll-ups that are there.
3. A series that had no value for long is left alone; when it comes back it is new.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.alerts.condition import About, Labels, Look
from core.alerts.memory import Memories, Remembered
from core.alerts.slots import Slots, Span, about, named, numbers, pairs, read
from core.alerts.watching import Scale, Watch, begins, watch_of

HISTORY: Final = timedelta(days=14)
FORGOTTEN: Final = timedelta(days=3)
HEARD: Final = timedelta(hours=1)
# Learning a slot takes some 10 µs; a look should not take much longer than others.
MOST_SLOTS: Final = 20_000
LEAST_SLOTS: Final = 12
MOST_NEW: Final = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """`number` of a slot is followed, in slots of this length."""

    name: str
    number: str
    scale: Scale
    slot: timedelta
    by: tuple[str, ...]


@dataclass(slots=True)
class Followed:
    """All series as they are at the end of a slot; `whole` if all of them have got there."""

    end: datetime
    whole: bool = True
    watches: dict[Labels, Watch] = field(default_factory=dict)
    abouts: dict[Labels, About] = field(default_factory=dict)


def follow(
    session: Session, wanted: Wanted, end: datetime, *, memories: Memories, look: Look
) -> Followed:
    known = {
        series: each
        for series, each in memories.load(session, wanted.name).items()
        if min(each.until, each.seen_at) > end - FORGOTTEN
    }
    followed, saved = Followed(end), {}
    for slots, ones, until in (
        _lately(session, wanted, known, end, look),
        _begun(session, wanted, known, followed, look),
    ):
        followed.whole = followed.whole and until == end
        followed.abouts |= slots.abouts
        for series, old in ones.items():
            made = _learnt(wanted, old, slots, series, until)
            followed.watches[series], saved[series] = made
    memories.save(session, wanted.name, saved)
    return followed


def _lately(
    session: Session, wanted: Wanted, known: dict[Labels, Remembered], end: datetime, look: Look
) -> tuple[Slots, dict[Labels, Remembered], datetime]:
    """What the known ones have not learnt yet."""
    if not known:
        return Slots(), {}, end
    since = min(each.until for each in known.values())
    most = max(MOST_SLOTS // len(known), LEAST_SLOTS)
    until = min(end, begins(since, wanted.slot) + most * wanted.slot)
    found = read(session, Span(since, until, wanted.slot), by=wanted.by, look=look)
    return found, known, until


def _begun(
    session: Session,
    wanted: Wanted,
    known: dict[Labels, Remembered],
    followed: Followed,
    look: Look,
) -> tuple[Slots, dict[Labels, Remembered], datetime]:
    """The first few of those that are new."""
    end = followed.end
    heard = pairs(session, end - max(HEARD, wanted.slot), end)
    fresh: dict[Labels, list[str]] = {}
    for pair in sorted(heard):
        series = named(pair, wanted.by, look)
        followed.abouts.setdefault(series, about(pair, wanted.by))
        if series not in known:
            fresh.setdefault(series, []).append(pair[1])
    chosen = list(fresh)[:MOST_NEW]
    followed.whole = followed.whole and len(chosen) == len(fresh)
    if not chosen:
        return Slots(), {}, end
    names = {name for series in chosen for name in fresh[series]}
    span = Span(begins(end - HISTORY, wanted.slot), end, wanted.slot)
    found = read(session, span, by=wanted.by, look=look, components=names)
    return found, {series: _new(wanted, found, series, end) for series in chosen}, end


def _new(wanted: Wanted, found: Slots, series: Labels, end: datetime) -> Remembered:
    """It begins with its first value."""
    first = min(found.series.get(series, ()), default=end)
    return Remembered(Watch(wanted.scale, wanted.slot, first).state(), first, first)


def _learnt(
    wanted: Wanted, old: Remembered, slots: Slots, series: Labels, until: datetime
) -> tuple[Watch, Remembered]:
    watch = watch_of(old.state, old.until)
    values = numbers(slots.series.get(series, {}), wanted.number)
    watch.follow(values, until)
    seen_at = max((old.seen_at, *values))
    return watch, Remembered(watch.state(), watch.until, seen_at)

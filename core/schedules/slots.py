"""Which slots of a job are due, and when the next one is: pure, for any moment and time zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import UnprocessableError
from core.schedules.cron import Cron

# A slot later than this has been missed, and the job's catch-up policy decides.
FRESH: Final = timedelta(seconds=60)
# More missed slots than this are taken in several rounds.
MOST_AT_ONCE: Final = 500
SHORTEST_SECONDS: Final = 1.0


class CatchUp(StrEnum):
    """What happens to slots that were missed: none runs, the last one runs, all run."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


class Rhythm(Protocol):
    def next(self, after: datetime) -> datetime:
        """The first slot later than `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Slots lie on multiples of the interval since 1970, the same for everyone who asks."""

    seconds: float

    def next(self, after: datetime) -> datetime:
        step = round(self.seconds * 1000)
        now = after.timestamp() * 1000
        return datetime.fromtimestamp((int(now // step) + 1) * step / 1000, UTC)


@dataclass(frozen=True, slots=True)
class ByCron:
    cron: Cron
    zone: ZoneInfo

    def next(self, after: datetime) -> datetime:
        return self.cron.next(after, self.zone)


@lru_cache(maxsize=512)
def rhythm(cron: str | None, interval: float | None, timezone: str) -> Rhythm:
    """Exactly one of `cron` and `interval` is set."""
    if (cron is None) == (interval is None):
        raise UnprocessableError("A job has either a cron expression or an interval.")
    if interval is not None:
        if interval < SHORTEST_SECONDS:
            raise UnprocessableError("An interval is at least one second.")
        return Every(interval)
    try:
        return ByCron(Cron.parse(cron or ""), ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnprocessableError(f"There is no time zone {timezone!r}.") from error


@dataclass(frozen=True, slots=True)
class Due:
    """Slots to run now, oldest first, and the slot to wait for after them."""

    slots: tuple[datetime, ...]
    next_slot: datetime


def due(beat: Rhythm, catch_up: CatchUp, *, waiting_for: datetime, now: datetime) -> Due:
    """`waiting_for` is the first slot that has not been claimed; it is not later than `now`."""
    if catch_up is CatchUp.ALL:
        slots = tuple(islice(_until(beat, waiting_for, now), MOST_AT_ONCE))
        return Due(slots, beat.next(slots[-1]))
    last = _last(beat, waiting_for, now)
    missed = now - last > FRESH
    run = () if missed and catch_up is CatchUp.SKIP else (last,)
    return Due(run, beat.next(max(last, now)))


def _until(beat: Rhythm, first: datetime, now: datetime) -> Iterator[datetime]:
    slot = first
    while slot <= now:
        yield slot
        slot = beat.next(slot)


def _last(beat: Rhythm, first: datetime, now: datetime) -> datetime:
    """The last slot up to now, found without walking through all that were missed."""
    reach = timedelta(seconds=60)
    while now - reach > first:
        slot = beat.next(now - reach)
        if slot <= now:
            first = slot
            break
        reach *= 4
    *_, last = _until(beat, first, now)
    return last

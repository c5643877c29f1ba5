"""Which rows become messages next: pure, from the heads of the lanes and the room that is left.

1. Critical work comes first; all other goes by its due time plus a minute for each level of its
   priority, so that any row is overtaken only by what came within minutes of it.
2. At most `AHEAD` messages of a queue and band are out at the broker; the exact order of the rest
   stays in the ledger, and a broker's list is never long enough to delay anybody.
3. Of a concurrency key no more are out or running than its limit; the key is told as full.
4. One overdue piece of work at a time, out or running, goes with the critical ones of its queue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.store.bands import CRITICAL, ENDS, band, is_critical
from core.work.aging import LEVEL, aged, is_overdue

AHEAD: Final = 200


@dataclass(frozen=True, slots=True)
class Lane:
    """Rows that differ in nothing but their age: their head stands for all of them."""

    queue: str
    priority: int
    target: str


@dataclass(frozen=True, slots=True)
class Candidate:
    work_id: int
    queue: str
    priority: int
    due_at: datetime
    key: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Out:
    """What is at the broker, by queue and band; `lifted` are queues with an overdue row out."""

    messages: Mapping[tuple[str, int], int] = field(default_factory=dict)
    lifted: frozenset[str] = frozenset()

    def room(self, queue: str, number: int) -> int:
        return max(AHEAD - self.messages.get((queue, number), 0), 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and the priority that its message gets."""

    work_id: int
    priority: int

    @property
    def band(self) -> int:
        return band(self.priority)


@dataclass(frozen=True, slots=True)
class Picked:
    """`blocked`: rows were left because there is no room for them yet."""

    placed: Sequence[Placed]
    full_keys: frozenset[str]
    blocked: bool


def heads(lanes: Iterable[Lane], out: Out, *, limit: int) -> dict[Lane, int]:
    """How many rows of each lane to look at: one more than could go, to see that there is more."""
    return {lane: min(_widest(lane, out), limit) + 1 for lane in lanes}


def pick(
    candidates: Iterable[Candidate],
    out: Out,
    *,
    key_rooms: Mapping[str, int],
    now: datetime,
    limit: int,
) -> Picked:
    """`key_rooms` is what is left of each key; a key that is missing is not to be touched now."""
    places = _Places(out, key_rooms)
    for candidate in sorted(candidates, key=_rank):
        if len(places.placed) == limit:
            break
        places.take(candidate, now)
    return places.picked()


def _rank(candidate: Candidate) -> tuple[bool, datetime, int]:
    turn = candidate.due_at + candidate.priority * LEVEL
    return (not is_critical(candidate.priority), turn, candidate.work_id)


def _widest(lane: Lane, out: Out) -> int:
    """Aging may put a row into any band from the lane's own to the one behind the critical."""
    own = band(lane.priority)
    best = min(own, CRITICAL + 1)
    return max(out.room(lane.queue, number) for number in range(best, own + 1))


class _Places:
    """The room that is left while rows are picked."""

    def __init__(self, out: Out, key_rooms: Mapping[str, int]) -> None:
        self.placed: list[Placed] = []
        self._out = out
        self._used: dict[tuple[str, int], int] = {}
        self._lifted = set(out.lifted)
        self._keys = dict(key_rooms)
        self._full: set[str] = set()
        self._blocked = False

    def picked(self) -> Picked:
        return Picked(self.placed, frozenset(self._full), blocked=self._blocked)

    def take(self, candidate: Candidate, now: datetime) -> None:
        if not self._key_has_room(candidate):
            return
        place = self._place(candidate, now)
        if place is None:
            self._blocked = True
            return
        self.placed.append(place)
        spot = (candidate.queue, place.band)
        self._used[spot] = self._used.get(spot, 0) + 1
        if candidate.key is not None:
            self._keys[candidate.key] -= 1

    def _key_has_room(self, candidate: Candidate) -> bool:
        if candidate.key is None:
            return True
        if candidate.key not in self._keys:
            self._blocked = True
            return False
        if self._keys[candidate.key] > 0:
            return True
        self._full.add(candidate.key)
        return False

    def _place(self, candidate: Candidate, now: datetime) -> Placed | None:
        waited = now - candidate.due_at
        priority = aged(candidate.priority, waited)
        if self._has_room(candidate.queue, band(priority)):
            return Placed(candidate.work_id, priority)
        if is_overdue(candidate.priority, waited) and candidate.queue not in self._lifted:
            self._lifted.add(candidate.queue)
            return Placed(candidate.work_id, ENDS[CRITICAL])
        return None

    def _has_room(self, queue: str, number: int) -> bool:
        return self._used.get((queue, number), 0) < self._out.room(queue, number)

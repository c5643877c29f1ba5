"""Clears Redis of what nobody will ask for again, in small steps that hold nobody up.

1. Walk the keys once with SCAN, some hundred at a time with a pause between; what the time of one
   run does not reach, the next one begins with. KEYS is never used: it holds everybody up.
2. A key of a kind that ends by itself, which has no end and was not used for a day, is an orphan.
   So are the counts of a breaker that there is no row of.
3. Messages that a worker took and that no index leads back to get their place in the index again,
   and so go back to their queue when their time is over.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import redis
from sqlalchemy import select

from core.clock import Clock
from core.maintenance.care.finding import Finding, Marks
from core.model import Breaker
from core.store.engine import Database

STEP: Final = 200
PAUSE: Final = 0.005
SECONDS: Final = 30.0
IDLE: Final = 86_400
# Keys that have an end when all is well: where one has none, a process died between two commands.
ENDING: Final = (
    b"mendline:slot:",
    b"mendline:bucket:",
    b"mendline:attempts:",
    b"celery-task-meta-",
    b"celery-taskset-meta-",
)
BREAKER: Final = b"mendline:breaker:{"
UNACKED: Final = "unacked"
UNACKED_INDEX: Final = "unacked_index"
FRAGMENTATION: Final = Marks(1.5, 3.0)
WORTH_TELLING: Final = 64 * 2**20
MEMORY_SHARE: Final = Marks(0.8, 0.95)
CHECKS: Final = ("cache_fragmentation", "cache_memory")

Scanned = tuple[int, list[bytes]]


@dataclass(frozen=True, slots=True)
class Cleared:
    """`cursor` is where the next run goes on, 0 from the beginning."""

    keys_seen: int
    removed: int
    restored: int
    cursor: int


class Sweeper:
    """`known` tells of which names there are breakers; a sweep takes about so many `seconds`."""

    def __init__(
        self,
        client: "redis.Redis",
        known: Callable[[Collection[str]], set[str]],
        clock: Clock,
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._known = known
        self._seconds = seconds

    def sweep(self, cursor: int = 0) -> Cleared:
        end = self._clock.monotonic() + self._seconds
        seen = removed = 0
        while True:
            cursor, keys = cast("Scanned", self._client.scan(cursor, count=STEP))
            seen += len(keys)
            removed += self._clear(keys)
            if cursor == 0 or self._clock.monotonic() > end:
                break
            time.sleep(PAUSE)
        return Cleared(seen, removed, self._restore(end), cursor)

    def _clear(self, keys: Sequence[bytes]) -> int:
        suspects = [key for key in keys if key.startswith(ENDING)]
        orphans = [key for key, ttl, idle in self._told(suspects) if ttl == -1 and idle > IDLE]
        orphans += self._of_lost_breakers([key for key in keys if key.startswith(BREAKER)])
        return int(self._client.unlink(*orphans)) if orphans else 0

    def _of_lost_breakers(self, keys: Sequence[bytes]) -> list[bytes]:
        names = {key: _breaker_name(key) for key in keys}
        lost = set(names.values()) - self._known(set(names.values())) if names else set()
        told = self._told([key for key in keys if names[key] in lost])
        return [key for key, _, idle in told if idle > IDLE]

    def _told(self, keys: Sequence[bytes]) -> Iterable[tuple[bytes, int, int]]:
        """Of each key its time to live, and for how many seconds nobody used it."""
        if not keys:
            return []
        with self._client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.ttl(key)
                pipe.object("idletime", key)
            answers: list[Any] = pipe.execute(raise_on_error=False)
        pairs = zip(keys, answers[::2], answers[1::2], strict=True)
        return [(k, ttl, idle) for k, ttl, idle in pairs if isinstance(idle, int)]

    def _restore(self, end: float) -> int:
        """Looks twice, since a worker writes the message and its index one after the other."""
        lost = self._unindexed(end)
        if not lost:
            return 0
        time.sleep(1.0)
        still = self._without_place(lost)
        now = self._client.time()[0]
        added = self._client.zadd(UNACKED_INDEX, dict.fromkeys(still, now)) if still else 0
        return cast("int", added)

    def _unindexed(self, end: float) -> list[bytes]:
        cursor = 0
        lost: list[bytes] = []
        while True:
            cursor, found = cast("Scanned", self._client.hscan(UNACKED, cursor, count=STEP))
            lost += self._without_place(list(found))
            if cursor == 0 or self._clock.monotonic() > end:
                return lost
            time.sleep(PAUSE)

    def _without_place(self, tags: Sequence[bytes]) -> list[bytes]:
        if not tags:
            return []
        with self._client.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.zscore(UNACKED_INDEX, tag)
                pipe.hexists(UNACKED, tag)
            answers = pipe.execute()
        places = zip(tags, answers[::2], answers[1::2], strict=True)
        return [tag for tag, place, there in places if place is None and there]


def known_breakers(database: Database) -> Callable[[Collection[str]], set[str]]:
    def known(names: Collection[str]) -> set[str]:
        with database.transaction() as session:
            statement = select(Breaker.name).where(Breaker.name.in_(sorted(names)))
            return set(session.scalars(statement))

    return known


def findings(client: "redis.Redis") -> list[Finding]:
    memory = client.info("memory")
    used, limit = int(memory["used_memory"]), int(memory.get("maxmemory", 0))
    ratio = float(memory.get("mem_fragmentation_ratio", 1.0))
    found = []
    if used >= WORTH_TELLING and (severity := FRAGMENTATION.severity(ratio)):
        told = f"Redis takes {ratio:.1f} times the memory that its {used / 2**20:.0f} MB need."
        advice = "Set `activedefrag yes` where it can, or restart it at a quiet time."
        mark = FRAGMENTATION.warning
        found.append(Finding(CHECKS[0], "redis", severity, told, advice, ratio, mark))
    share = used / limit if limit else 0.0
    if severity := MEMORY_SHARE.severity(share):
        told = f"Redis uses {share:.0%} of the memory that it may."
        advice = "Raise `maxmemory`; a broker must never throw keys away (`noeviction`)."
        mark = MEMORY_SHARE.warning
        found.append(Finding(CHECKS[1], "redis", severity, told, advice, share, mark))
    return found


def _breaker_name(key: bytes) -> str:
    return key[len(BREAKER) :].rpartition(b"}")[0].decode(errors="replace")

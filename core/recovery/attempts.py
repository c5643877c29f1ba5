"""Counts how often an operation has failed, for clients that do not count it themselves.

The counts are in Redis, where all processes see them. Each process keeps its own besides: they
answer while Redis is away, and fill it again when it was emptied.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import redis
import structlog

from core.clock import Clock
from core.store.counters import CountersUnavailableError

PREFIX: Final = "mendline:attempts"
MOST_KEPT: Final = 10_000
AWAY_SECONDS: Final = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt of the operation `key`.

    `report` tells it apart from the others: the same report sent twice is one attempt. `told` is
    the client's own count, 0 for none. The count is forgotten `ttl` seconds after the last failure.
    """

    key: str
    report: str
    ttl: float
    told: int = 0


def operation_key(project_id: int, *parts: str) -> str:
    """Clients name operations as they like: the key is as long for all of them."""
    plain = "\0".join((str(project_id), *parts)).encode(errors="surrogatepass")
    return hashlib.blake2b(plain, digest_size=16).hexdigest()


class Attempts(Protocol):
    def count(self, failures: Sequence[Failure]) -> list[int]:
        """Which attempt each of them was; the first is 1."""
        ...


# One round trip for a whole batch; a count never falls while it is remembered.
_COUNT: Final = """
local counts = {}
for place, key in ipairs(KEYS) do
  local report, told, ttl = ARGV[3 * place - 2], tonumber(ARGV[3 * place - 1]), ARGV[3 * place]
  local known = redis.call('HMGET', key, 'count', 'report')
  local count = tonumber(known[1] or 0)
  if known[2] ~= report then count = count + 1 end
  count = math.max(count, told)
  redis.call('HSET', key, 'count', count, 'report', report)
  redis.call('PEXPIRE', key, ttl)
  counts[place] = count
end
return counts
"""


class RedisAttempts:
    """Raises `CountersUnavailableError` while Redis cannot be reached."""

    def __init__(self, client: "redis.Redis") -> None:
        self._count = client.register_script(_COUNT)

    def count(self, failures: Sequence[Failure]) -> list[int]:
        keys = [f"{PREFIX}:{failure.key}" for failure in failures]
        arguments: list[Any] = []
        for failure in failures:
            arguments += (failure.report, failure.told, int(failure.ttl * 1000))
        try:
            return [int(count) for count in self._count(keys=keys, args=arguments)]
        except redis.RedisError as error:
            raise CountersUnavailableError(str(error)) from error


class MemoryAttempts:
    """The same within one process; `down` makes it unreachable."""

    def __init__(self, clock: Clock, most: int = MOST_KEPT) -> None:
        self._clock = clock
        self._most = most
        self._known: OrderedDict[str, tuple[int, str, float]] = OrderedDict()
        self.down = False

    def count(self, failures: Sequence[Failure]) -> list[int]:
        if self.down:
            raise CountersUnavailableError
        return [self._one(failure) for failure in failures]

    def _one(self, failure: Failure) -> int:
        now = self._clock.monotonic()
        count, report, until = self._known.pop(failure.key, (0, "", 0.0))
        if until <= now:
            count, report = 0, ""
        count = max(count + (report != failure.report), failure.told)
        self._known[failure.key] = (count, failure.report, now + failure.ttl)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return count


class SteadyAttempts:
    """Counts with the others where they can be reached, and alone where they cannot."""

    def __init__(self, shared: Attempts, clock: Clock) -> None:
        self._shared = shared
        self._own = MemoryAttempts(clock)
        self._clock = clock
        self._away_until = 0.0
        self._lock = threading.Lock()

    def count(self, failures: Sequence[Failure]) -> list[int]:
        with self._lock:
            own = self._own.count(failures)
        if self._clock.monotonic() < self._away_until:
            return own
        known = [replace(each, told=count) for each, count in zip(failures, own, strict=True)]
        try:
            return self._shared.count(known)
        except CountersUnavailableError as error:
            self._away_until = self._clock.monotonic() + AWAY_SECONDS
            log.warning("recovery.counting_alone", error=str(error))
            return own

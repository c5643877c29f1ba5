"""Token buckets: several at once or none of them, by one Lua script and on Redis's clock.

A bucket that is not there is full, never without a limit: an emptied Redis gives everybody one
burst more.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import redis

from core.clock import Clock
from core.errors import Category, DependencyError, InvalidInputError

PREFIX: Final = "mendline:bucket"


class BucketsUnavailableError(DependencyError):
    """The token buckets cannot be reached."""

    code = "ML-BUCKET-0001"
    category = Category.CONNECTION


class BucketError(InvalidInputError):
    """No bucket can ever have that many tokens."""

    code = "ML-BUCKET-0002"


@dataclass(frozen=True, slots=True)
class Cost:
    """`tokens` of a bucket that holds `capacity` and gains `rate` a second; 0 only by refunds."""

    tokens: float
    capacity: float
    rate: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.tokens <= self.capacity or self.rate < 0:
            raise BucketError(f"{self.tokens} tokens of a bucket of {self.capacity}.")


@dataclass(frozen=True, slots=True)
class Taken:
    """`retry_after`: seconds until there may be enough; infinite where nothing flows in.

    `left` are the tokens of each bucket afterwards.
    """

    ok: bool
    retry_after: float
    left: Mapping[str, float]


class Buckets(Protocol):
    """All of it raises `BucketsUnavailableError`."""

    def take(self, wants: Mapping[str, Cost]) -> Taken:
        """All of them, or none."""
        ...

    def refund(self, gains: Mapping[str, Cost]) -> Mapping[str, float]:
        """Puts tokens back, up to the capacity; what is in the buckets then."""
        ...

    def peek(self, wants: Mapping[str, Cost]) -> Taken:
        """What `take` would say, without taking."""
        ...


# ARGV: take, peek or refund, then tokens, capacity and rate of each key. Answers whether it is
# done, the milliseconds until it could be, and what is left.
_SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local levels, ok, wait = {}, 1, 0
for place, key in ipairs(KEYS) do
  local tokens = tonumber(ARGV[place * 3 - 1])
  local capacity, rate = tonumber(ARGV[place * 3]), tonumber(ARGV[place * 3 + 1])
  local had = redis.call('HMGET', key, 'level', 'at')
  local level = capacity
  if had[1] then
    local passed = math.max(now - tonumber(had[2]), 0)
    level = math.min(capacity, tonumber(had[1]) + passed * rate / 1000)
  end
  if ARGV[1] == 'refund' then
    level = math.min(capacity, level + tokens)
  elseif level + 1e-6 < tokens then
    ok = 0
    if rate > 0 then
      if wait >= 0 then wait = math.max(wait, (tokens - level) / rate * 1000) end
    else
      wait = -1
    end
  end
  levels[place] = level
end
local left = {}
for place, key in ipairs(KEYS) do
  local level = levels[place]
  local capacity, rate = tonumber(ARGV[place * 3]), tonumber(ARGV[place * 3 + 1])
  if ARGV[1] == 'take' and ok == 1 then
    level = math.max(level - tonumber(ARGV[place * 3 - 1]), 0)
  end
  if ARGV[1] ~= 'peek' and ok == 1 then
    redis.call('HSET', key, 'level', string.format('%.6f', level),
      'at', string.format('%.3f', now))
    local full = 86400000
    if rate > 0 then full = math.min((capacity - level) / rate * 1000 + 1000, 86400000 * 30) end
    redis.call('PEXPIRE', key, math.ceil(full))
  end
  left[place] = string.format('%.6f', level)
end
return {ok, string.format('%.3f', wait), left}
"""


class RedisBuckets:
    def __init__(self, client: "redis.Redis") -> None:
        self._script = client.register_script(_SCRIPT)

    def take(self, wants: Mapping[str, Cost]) -> Taken:
        return self._run("take", wants)

    def refund(self, gains: Mapping[str, Cost]) -> Mapping[str, float]:
        return self._run("refund", gains).left

    def peek(self, wants: Mapping[str, Cost]) -> Taken:
        return self._run("peek", wants)

    def _run(self, how: str, costs: Mapping[str, Cost]) -> Taken:
        numbers = [
            number for cost in costs.values() for number in (cost.tokens, cost.capacity, cost.rate)
        ]
        script: Any = self._script
        try:
            ok, wait, left = script(keys=[f"{PREFIX}:{key}" for key in costs], args=[how, *numbers])
        except redis.RedisError as error:
            raise BucketsUnavailableError(str(error)) from error
        seconds = float(wait) / 1000
        return Taken(
            ok=bool(ok),
            retry_after=math.inf if seconds < 0 else seconds,
            left=dict(zip(costs, map(float, left), strict=True)),
        )


class MemoryBuckets:
    """The same within one process; `down` makes it unreachable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}
        self.down = False

    def take(self, wants: Mapping[str, Cost]) -> Taken:
        found = self.peek(wants)
        if not found.ok:
            return found
        left = {key: found.left[key] - cost.tokens for key, cost in wants.items()}
        self._keep(left)
        return Taken(ok=True, retry_after=0.0, left=left)

    def refund(self, gains: Mapping[str, Cost]) -> Mapping[str, float]:
        levels = self._now(gains)
        left = {key: min(cost.capacity, levels[key] + cost.tokens) for key, cost in gains.items()}
        self._keep(left)
        return left

    def peek(self, wants: Mapping[str, Cost]) -> Taken:
        levels = self._now(wants)
        waits = [_wait(cost, levels[key]) for key, cost in wants.items()]
        wait = max(waits, default=0.0)
        return Taken(ok=wait <= 0, retry_after=wait, left=levels)

    def clear(self) -> None:
        """What a Redis does that was wiped."""
        self._levels.clear()

    def _now(self, costs: Mapping[str, Cost]) -> dict[str, float]:
        if self.down:
            raise BucketsUnavailableError
        now = self._clock.monotonic()
        found = {}
        for key, cost in costs.items():
            level, at = self._levels.get(key, (cost.capacity, now))
            found[key] = min(cost.capacity, level + (now - at) * cost.rate)
        return found

    def _keep(self, levels: Mapping[str, float]) -> None:
        now = self._clock.monotonic()
        self._levels |= {key: (level, now) for key, level in levels.items()}


def _wait(cost: Cost, level: float) -> float:
    missing = cost.tokens - level
    if missing <= 1e-6:  # noqa: PLR2004 (less than what is written down)
        return 0.0
    return missing / cost.rate if cost.rate else math.inf

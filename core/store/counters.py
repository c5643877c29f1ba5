"""Slot tokens: at most so many of a kind at once, forgotten by themselves after a while.

They live in Redis, which may be emptied at any moment: a token that is gone is a slot that is
free. Nothing may depend on a token for more than saving work.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final, Protocol

import redis

from core.clock import Clock
from core.errors import Category, DependencyError

PREFIX: Final = "mendline:slot"
ALLOWED: Final = "allowed"


class CountersUnavailableError(DependencyError):
    """Redis cannot be reached."""

    code = "ML-RDS-0001"
    category = Category.CONNECTION


@dataclass(frozen=True, slots=True)
class Token:
    """One slot of a kind, held by whoever knows the secret. Written as `kind:slot:secret`."""

    kind: str
    slot: int
    secret: str

    @property
    def key(self) -> str:
        return slot_key(self.kind, self.slot)

    def __str__(self) -> str:
        return f"{self.kind}:{self.slot}:{self.secret}"

    @classmethod
    def parse(cls, text: str) -> "Token | None":
        """None for what was not written by us: a stray message must not break its reader."""
        kind, _, rest = text.partition(":")
        slot, _, secret = rest.partition(":")
        return cls(kind, int(slot), secret) if slot.isdecimal() and secret else None


def slot_key(kind: str, slot: int | str) -> str:
    return f"{PREFIX}:{kind}:{slot}"


class Counters(Protocol):
    def take(self, kind: str, *, slots: int, ttl: float) -> Token | None:
        """A free slot for `ttl` seconds, None when all are taken.

        There are as many as `allow` said last, or `slots` where nobody did.
        """
        ...

    def allow(self, kind: str, slots: int, *, ttl: float) -> None:
        """For `ttl` seconds there are so many slots of the kind."""
        ...

    def renew(self, token: Token, *, ttl: float) -> bool:
        """Holds on for another `ttl` seconds; False when the slot is somebody else's by now."""
        ...

    def release(self, token: Token) -> bool:
        """Frees the slot, unless it is somebody else's by now."""
        ...


_TAKE: Final = """
for slot = 1, tonumber(redis.call('GET', KEYS[1]) or ARGV[3]) do
  if redis.call('SET', ARGV[4] .. slot, ARGV[1], 'NX', 'PX', ARGV[2]) then return slot end
end
return 0
"""
_RENEW: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class RedisCounters:
    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._take = client.register_script(_TAKE)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    def take(self, kind: str, *, slots: int, ttl: float) -> Token | None:
        secret = secrets.token_hex(8)
        values = [secret, int(ttl * 1000), slots, slot_key(kind, "")]
        slot = _run(self._take, [slot_key(kind, ALLOWED)], values)
        return Token(kind, slot, secret) if slot else None

    def allow(self, kind: str, slots: int, *, ttl: float) -> None:
        try:
            self._client.set(slot_key(kind, ALLOWED), slots, px=int(ttl * 1000))
        except redis.RedisError as error:
            raise CountersUnavailableError(str(error)) from error

    def renew(self, token: Token, *, ttl: float) -> bool:
        return bool(_run(self._renew, [token.key], [token.secret, int(ttl * 1000)]))

    def release(self, token: Token) -> bool:
        return bool(_run(self._release, [token.key], [token.secret]))


def _run(script: Any, keys: list[str], arguments: list[Any]) -> int:
    try:
        return int(script(keys=keys, args=arguments))
    except redis.RedisError as error:
        raise CountersUnavailableError(str(error)) from error


class MemoryCounters:
    """The same within one process; `down` makes it unreachable."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[str, float]] = {}
        self.down = False

    def allow(self, kind: str, slots: int, *, ttl: float) -> None:
        self._held[slot_key(kind, ALLOWED)] = (str(slots), self._clock.monotonic() + ttl)

    def take(self, kind: str, *, slots: int, ttl: float) -> Token | None:
        slots = int(self._holder(slot_key(kind, ALLOWED)) or slots)
        for slot in range(1, slots + 1):
            token = Token(kind, slot, secrets.token_hex(8))
            if self._holder(token.key) is None:
                self._held[token.key] = (token.secret, self._clock.monotonic() + ttl)
                return token
        return None

    def renew(self, token: Token, *, ttl: float) -> bool:
        if self._holder(token.key) not in {None, token.secret}:
            return False
        self._held[token.key] = (token.secret, self._clock.monotonic() + ttl)
        return True

    def release(self, token: Token) -> bool:
        if self._holder(token.key) != token.secret:
            return False
        del self._held[token.key]
        return True

    def clear(self) -> None:
        """What a Redis does that was wiped."""
        self._held.clear()

    def _holder(self, key: str) -> str | None:
        if self.down:
            raise CountersUnavailableError
        secret, until = self._held.get(key, (None, 0.0))
        return secret if until > self._clock.monotonic() else None

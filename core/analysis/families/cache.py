"""Caches and key-value stores."""

import re

from core.analysis.details import Detail, found, told
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_LIBRARIES = frozenset({
    "redis", "aioredis", "valkey", "pymemcache", "pylibmc", "memcache", "bmemcached", "aiocache",
    "diskcache", "cachetools", "redis.clients", "redisson", "org.redisson", "net.spy.memcached",
    "io.lettuce", "stackexchange.redis", "predis", "ioredis", "coredis", "django_redis",
    "django.core.cache", "dalli", "go-redis", "hazelcast", "com.hazelcast", "dogpile",
})  # fmt: skip
_COMPONENTS = frozenset({"cache", "redis", "memcached", "valkey"})
_WORDS = (
    "redis", "memcached", "cache miss", "valkey", "against a read only replica",
    "wrongtype operation", "clusterdown", "noauth authentication",
)  # fmt: skip
_DETAILS = (
    Detail(
        "server",
        re.compile(
            r"\b(?:to|at|from|connecting to) ((?:rediss?://)?[\w.-]{1,80}:\d{2,5})\b"
            r"|\b(?:moved|ask) \d{1,5} ([\w.-]{1,80}:\d{2,5})",
            re.IGNORECASE,
        ),
    ),
    Detail("slot", re.compile(r"\b(?:MOVED|ASK) (\d{1,5})\b"), ("moved", "ask ")),
    Detail("command", re.compile(r"\bcommand:? ['\"`]([A-Za-z]{2,20})\b"), ("command",)),
    Detail("key", re.compile(r"\bkey:? ['\"]([^'\"\n]{1,100})['\"]", re.IGNORECASE), ("key",)),
)
_TOLD = {
    "cache.key": "key", "cache_key": "key", "key": "key", "redis.key": "key",
    "redis.command": "command", "command": "command", "cache_node": "server", "node": "server",
    "server": "server", "db.system": "system", "retry_after": "retry_after",
}  # fmt: skip

_KINDS = Kinds(
    Kind(
        "authentication", "The server refuses the credentials.", 500,
        codes=("NOAUTH", "WRONGPASS", "NOPERM"),
        types=("AuthenticationError", "AuthenticationWrongNumberOfArgsError", "NoPermissionError",
               "RedisAuthRequiredException"),
        words=("noauth", "wrongpass", "invalid password", "invalid username-password", "noperm"),
    ),
    Kind(
        "memory", "The server may not use more memory.", 507,
        codes=("OOM",), types=("OutOfMemoryError",),
        words=("maxmemory", "oom command not allowed", "out of memory storing object"),
        again=Advice.FALLBACK, never=Advice.FALLBACK,
    ),
    Kind(
        "read_only", "A replica was asked to write, or writing is switched off.", 503,
        codes=("READONLY", "MISCONF", "NOREPLICAS"), types=("ReadOnlyError",),
        words=("read only replica", "read-only", "misconf", "unable to persist"),
    ),
    Kind(
        "cluster", "The slot is elsewhere, or the cluster is not complete.", 503,
        codes=("MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN", "CROSSSLOT", "MASTERDOWN"),
        types=("MovedError", "AskError", "ClusterDownError", "TryAgainError", "MasterDownError",
               "ClusterCrossSlotError", "SlotNotCoveredError", "RedisClusterException",
               "MasterNotFoundError", "SlaveNotFoundError"),
        words=("clusterdown", "hash slot", "masterdown", "no master found"),
        categories=(Category.ROUTING_STALE,),
    ),
    Kind(
        "loading", "The server reads its data in, or is busy.", 503,
        codes=("LOADING", "BUSY"), types=("BusyLoadingError",),
        words=("loading the dataset", "busy running a script", "busy redis is busy"),
        categories=(Category.UNAVAILABLE,), again=Advice.WAIT,
    ),
    Kind(
        "script", "A script is not there or failed.", 500,
        codes=("NOSCRIPT",), types=("NoScriptError",), words=("noscript", "error running script"),
    ),
    Kind(
        "type", "The value under the key is of another type.", 500,
        codes=("WRONGTYPE",), types=("DataError",),
        words=("wrongtype", "wrong kind of value", "value is not an integer"),
    ),
    Kind(
        "serialization", "A value cannot be turned into bytes or back.", 500,
        types=("UnpicklingError", "PicklingError", "SerializationException", "SerializerError"),
        words=("pickle", "unpickl", "deserializ", "cannot serialize", "invalid load key"),
        never=Advice.FALLBACK,
    ),
    Kind(
        "too_many_connections", "No connection is left, of the pool or of the server.", 503,
        types=("MaxConnectionsError",),
        words=("too many connections", "max number of clients", "could not get a resource",
               "pool exhausted", "no connection available"),
        again=Advice.THROTTLE,
    ),
    Kind(
        "lock", "A lock was not had, or was lost.", 503,
        types=("LockError", "LockNotOwnedError", "WatchError"),
        words=("watched variable changed", "unable to acquire lock", "lock that's no longer owned"),
        categories=(Category.CONCURRENCY,),
    ),
    Kind("timeout", "The server did not answer in time.", 504,
         categories=(Category.TIMEOUT,)),
    Kind(
        "connection", "The server cannot be reached, or hung up.", 503,
        types=("RedisConnectionFailureException", "RedisConnectionException",
               "JedisConnectionException"),
        categories=(Category.CONNECTION,), again=Advice.CIRCUIT_BREAK,
    ),
    Kind(
        "miss", "The key is not there.", 404,
        types=("CacheMiss", "CacheMissError", "KeyNotFoundException"), words=("cache miss",),
        categories=(Category.NOT_FOUND,), never=Advice.FALLBACK,
    ),
    Kind("command", "The server does not take the command.", 500),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.9
    if facts.of_component(_COMPONENTS):
        return 0.7
    return 0.56 if facts.says(_WORDS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    return {**found(_DETAILS, facts), **told(facts, _TOLD)}


FAMILY = Family(
    "cache",
    "CACHE",
    "Caches and key-value stores.",
    weight,
    context,
    _KINDS,
)

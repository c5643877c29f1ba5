"""Caches and key-value stores."""

import re

from core.analysis.family import Facts, Family, found

_LIBRARIES = frozenset({
    "redis", "aioredis", "valkey", "pymemcache", "pylibmc", "memcache", "bmemcached",
    "diskcache", "cachetools", "redis.clients",
    "io.lettuce", "stackexchange.redis", "predis", "ioredis", "coredis", "django_redis",
    "django.core.cache",
})  # fmt: skip
_PATTERNS = {
    "server": re.compile(r"\b(?:to|at|from) ((?:redis://)?[\w.-]{1,80}:\d{2,5})\b"),
    "command": re.compile(r"\bcommand ['\"`]?([A-Za-z]{2,20})\b"),
    "key": re.compile(r"\bkey ['\"]([^'\"]{1,100})['\"]"),
}


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.9
    if facts.component in ("cache", "redis", "memcached", "valkey"):
        return 0.7
    return 0.55 if facts.says(("redis", "memcached", "cache miss", "valkey")) else 0.0


def context(facts: Facts) -> dict[str, str]:
    return found(_PATTERNS, facts.message)


FAMILY = Family("cache", weight, context)

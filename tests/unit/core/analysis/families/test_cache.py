import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken


def test_redis_is_a_cache():
    message = "Error 111 connecting to redis-1:6379. Connection refused."

    assert taken("ConnectionError", "redis.exceptions", message) == (
        "cache",
        {"server": "redis-1:6379"},
    )
    assert answered("ConnectionError", "redis.exceptions", message) == (
        "CACHE-CONNECTION",
        503,
        "circuit_break",
    )


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("ResponseError", "redis.exceptions", "OOM command not allowed", "CACHE-MEMORY"),
        ("ReplyError", "", "READONLY against a read only replica", "CACHE-READ-ONLY"),
        ("RedisClusterException", "io.lettuce.core", "x", "CACHE-CLUSTER"),
        ("BusyLoadingError", "redis.exceptions", "Redis is loading", "CACHE-LOADING"),
        ("ResponseError", "redis.exceptions", "WRONGTYPE Operation against", "CACHE-TYPE"),
        ("AuthenticationError", "redis.exceptions", "invalid password", "CACHE-AUTHENTICATION"),
        ("TimeoutError", "redis.exceptions", "Timeout reading from socket", "CACHE-TIMEOUT"),
        ("UnpicklingError", "pymemcache", "invalid load key", "CACHE-SERIALIZATION"),
        ("LockNotOwnedError", "redis.exceptions", "x", "CACHE-LOCK"),
        ("CacheMiss", "aiocache", "x", "CACHE-MISS"),
        ("MaxConnectionsError", "redis", "x", "CACHE-TOO-MANY-CONNECTIONS"),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert coded(kind, module, message) == expected


def test_a_moved_slot_names_its_node():
    context = read("ResponseError", "redis.exceptions", "MOVED 3999 10.1.2.3:6381")

    assert context == {"slot": "3999", "server": "10.1.2.3:6381"}


def test_a_full_cache_is_done_without():
    message = "OOM command not allowed when used memory > 'maxmemory'."

    assert answered("ResponseError", "redis.exceptions", message)[2] == "fallback"


def test_the_key_is_told_by_the_client():
    context = read("ResponseError", "redis", "x", tags=[["cache.key", "cart:7"]])

    assert context == {"key": "cart:7"}


def test_a_message_about_memcached():
    assert taken(message="memcached is away")[0] == "cache"


def test_a_component_called_cache():
    assert taken("Boom", "", "x", tags={"component": "redis-operations"})[0] == "cache"

from tests.unit.core.analysis.families.facts import taken


def test_redis_is_a_cache():
    family, context = taken(
        "ConnectionError", "redis.exceptions", "Error 111 connecting to redis-1:6379."
    )

    assert (family, context["server"]) == ("cache", "redis-1:6379")


def test_a_message_about_memcached():
    assert taken(message="memcached is away")[0] == "cache"


def test_a_component_called_cache():
    assert taken("Boom", "", "x", tags={"component": "cache"})[0] == "cache"

"""What goes from Redis, what stays, and that nobody is held up meanwhile."""

import pytest

from core.clock import SystemClock
from core.maintenance import cache
from core.maintenance.cache import Sweeper

pytestmark = pytest.mark.store

BREAKER = "mendline:breaker:{%s}:count"


@pytest.fixture
def sweep(redis_client, monkeypatch):
    """Everything counts as unused for long enough."""
    monkeypatch.setattr(cache, "IDLE", -1)

    def sweep(known=(), cursor=0, **options):
        sweeper = Sweeper(redis_client, lambda names: names & set(known), SystemClock(), **options)
        return sweeper.sweep(cursor)

    return sweep


def left(client):
    return sorted(key.decode() for key in client.keys("*"))


def test_keys_that_should_end_and_do_not_are_orphans(redis_client, sweep):
    for kind in ("mendline:bucket:a", "mendline:slot:b:1", "celery-task-meta-1"):
        redis_client.set(kind, 1)
        redis_client.set(f"{kind}-ends", 1, ex=100)
    redis_client.set("somebody:elses", 1)
    assert sweep().removed == 3
    assert len(left(redis_client)) == 4
    assert "somebody:elses" in left(redis_client)


def test_what_was_used_of_late_stays(redis_client, sweep, monkeypatch):
    monkeypatch.setattr(cache, "IDLE", 86_400)
    redis_client.set("mendline:bucket:a", 1)
    assert sweep().removed == 0


def test_breakers_without_a_row_go(redis_client, sweep):
    for name in ("known", "lost"):
        redis_client.hset(BREAKER % name, "a", 1)
    assert sweep(known=["known"]).removed == 1
    assert left(redis_client) == [BREAKER % "known"]


def test_a_message_that_no_index_leads_to_gets_its_place_back(redis_client, sweep, monkeypatch):
    monkeypatch.setattr(cache.time, "sleep", lambda _: None)
    redis_client.hset("unacked", mapping={"here": "[]", "lost": "[]"})
    redis_client.zadd("unacked_index", {"here": 5})
    assert sweep().restored == 1
    assert redis_client.zscore("unacked_index", "here") == 5
    assert redis_client.zscore("unacked_index", "lost") > 5


def test_a_run_without_time_goes_on_where_it_stopped(redis_client, sweep):
    redis_client.mset({f"mendline:bucket:{n}": 1 for n in range(2000)})
    first = sweep(seconds=0)
    assert 0 < first.removed < 2000
    assert first.cursor
    rest = sweep(cursor=first.cursor)
    assert first.removed + rest.removed == 2000


def test_no_command_holds_others_up_and_keys_is_never_asked(redis_client, sweep):
    redis_client.mset({f"other:{n}": 1 for n in range(20_000)})
    redis_client.config_resetstat()
    redis_client.config_set("slowlog-log-slower-than", 10_000)
    redis_client.slowlog_reset()
    sweep()
    assert redis_client.slowlog_len() == 0
    used = redis_client.info("commandstats")
    assert used["cmdstat_scan"]["calls"] >= 90
    assert "cmdstat_keys" not in used


def test_memory_that_is_nearly_used_up_is_told(redis_client):
    assert cache.findings(redis_client) == []
    used = redis_client.info("memory")["used_memory"]
    redis_client.config_set("maxmemory", int(used / 0.85))
    try:
        (found,) = cache.findings(redis_client)
    finally:
        redis_client.config_set("maxmemory", 0)
    assert (found.check, found.severity) == ("cache_memory", "warning")

import pytest
import redis

from core.clock import FixedClock
from core.recovery.attempts import (
    AWAY_SECONDS,
    PREFIX,
    Failure,
    MemoryAttempts,
    RedisAttempts,
    SteadyAttempts,
    operation_key,
)
from core.store.counters import CountersUnavailableError


@pytest.fixture(params=["redis", "memory", "steady"])
def attempts(request, clock, redis_client):
    made = {
        "redis": lambda: RedisAttempts(redis_client),
        "memory": lambda: MemoryAttempts(clock),
        "steady": lambda: SteadyAttempts(RedisAttempts(redis_client), clock),
    }
    return made[request.param]()


def failed(key, report, **more):
    return Failure(key, report, 60, **more)


def test_each_report_is_one_more_attempt(attempts):
    assert attempts.count([failed("a", "1"), failed("b", "2"), failed("a", "3")]) == [1, 1, 2]
    assert attempts.count([failed("a", "4")]) == [3]
    assert attempts.count([]) == []


def test_the_same_report_sent_twice_is_one_attempt(attempts):
    assert attempts.count([failed("a", "1"), failed("a", "1")]) == [1, 1]


def test_what_the_client_told_is_the_least(attempts):
    assert attempts.count([failed("a", "1", told=4), failed("a", "2", told=2)]) == [4, 5]


def test_a_count_is_forgotten_after_its_time(redis_client):
    RedisAttempts(redis_client).count([failed("a", "1")])
    assert 59_000 < redis_client.pttl(f"{PREFIX}:a") <= 60_000


def test_so_is_one_in_memory(clock):
    attempts = MemoryAttempts(clock)
    attempts.count([failed("a", "1")])
    clock.advance(60)
    assert attempts.count([failed("a", "1")]) == [1]


def test_memory_keeps_so_many_and_no_more(clock):
    attempts = MemoryAttempts(clock, most=2)
    attempts.count([failed(name, "1") for name in "abc"])
    assert attempts.count([failed("c", "2"), failed("a", "2")]) == [2, 1]


def test_an_emptied_redis_is_filled_again(clock, redis_client):
    attempts = SteadyAttempts(RedisAttempts(redis_client), clock)
    attempts.count([failed("a", "1"), failed("a", "2")])
    redis_client.flushdb()
    assert attempts.count([failed("a", "3")]) == [3]
    assert RedisAttempts(redis_client).count([failed("a", "4")]) == [4]


def test_processes_count_together(clock, redis_client):
    one, other = (SteadyAttempts(RedisAttempts(redis_client), clock) for _ in range(2))
    one.count([failed("a", "1")])
    assert other.count([failed("a", "2")]) == [2]
    assert one.count([failed("a", "3")]) == [3]


def test_without_redis_each_counts_alone_and_asks_again_later(clock):
    shared = MemoryAttempts(FixedClock(clock.now()))
    shared.down = True
    attempts = SteadyAttempts(shared, clock)
    assert attempts.count([failed("a", "1")]) == [1]
    shared.down = False
    assert attempts.count([failed("a", "2")]) == [2]
    clock.advance(AWAY_SECONDS)
    assert attempts.count([failed("a", "3")]) == [3]
    assert shared.count([failed("a", "4")]) == [4]


def test_a_redis_that_is_not_there_is_told():
    nowhere = redis.Redis(port=1, socket_connect_timeout=0.1)
    with pytest.raises(CountersUnavailableError):
        RedisAttempts(nowhere).count([failed("a", "1")])


def test_any_name_makes_a_key_of_one_length():
    names = ["", "x" * 10_000, "\ud800", "a b:c\n"]
    keys = {operation_key(1, "id", name) for name in names} | {operation_key(2, "id", "")}
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}

import time

import pytest
import redis

from core.clock import FixedClock
from core.store.counters import CountersUnavailableError, MemoryCounters, RedisCounters, Token
from tests.conftest import NOON

KIND = "digest"


class Memory:
    def __init__(self):
        self.clock = FixedClock(NOON)
        self.counters = MemoryCounters(self.clock)

    def wipe(self):
        self.counters.clear()

    def pass_time(self, seconds):
        self.clock.advance(seconds)


class Real:
    def __init__(self, client):
        self.client = client
        self.counters = RedisCounters(client)

    def wipe(self):
        self.client.flushdb()

    def pass_time(self, seconds):
        time.sleep(seconds)


@pytest.fixture(params=["memory", "redis"])
def world(request):
    if request.param == "memory":
        return Memory()
    return Real(request.getfixturevalue("redis_client"))


@pytest.fixture
def counters(world):
    return world.counters


def test_there_are_as_many_tokens_as_slots(counters):
    taken = [counters.take(KIND, slots=2, ttl=30) for _ in range(3)]
    assert [token and token.slot for token in taken] == [1, 2, None]


def test_kinds_do_not_share_slots(counters):
    counters.take(KIND, slots=1, ttl=30)
    assert counters.take("other", slots=1, ttl=30) is not None


def test_a_released_slot_is_free(counters):
    token = counters.take(KIND, slots=1, ttl=30)
    assert counters.release(token)
    assert counters.take(KIND, slots=1, ttl=30) is not None


def test_releasing_twice_does_nothing(counters):
    token = counters.take(KIND, slots=1, ttl=30)
    counters.release(token)
    assert not counters.release(token)


def test_a_token_ends_by_itself(world, counters):
    counters.take(KIND, slots=1, ttl=0.05)
    world.pass_time(0.1)
    assert counters.take(KIND, slots=1, ttl=30) is not None


def test_a_renewed_token_lives_on(world, counters):
    token = counters.take(KIND, slots=1, ttl=0.05)
    assert counters.renew(token, ttl=30)
    world.pass_time(0.1)
    assert counters.take(KIND, slots=1, ttl=30) is None


def test_a_late_holder_cannot_free_or_keep_the_slot_of_the_next_one(world, counters):
    late = counters.take(KIND, slots=1, ttl=0.05)
    world.pass_time(0.1)
    counters.take(KIND, slots=1, ttl=30)
    assert not counters.release(late)
    assert not counters.renew(late, ttl=30)
    assert counters.take(KIND, slots=1, ttl=30) is None


def test_after_a_wipe_every_slot_is_free_and_a_worker_can_hold_on(world, counters):
    token = counters.take(KIND, slots=2, ttl=30)
    world.wipe()
    assert counters.renew(token, ttl=30)
    assert counters.take(KIND, slots=2, ttl=30).slot == 2


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_an_absent_server_is_one_error(kind):
    if kind == "memory":
        counters = MemoryCounters(FixedClock(NOON))
        counters.down = True
    else:
        client = redis.Redis(port=1, socket_connect_timeout=0.2)
        counters = RedisCounters(client)
    with pytest.raises(CountersUnavailableError):
        counters.take(KIND, slots=1, ttl=30)


def test_a_token_is_read_from_what_was_written():
    token = Token("digest", 3, "abc")
    assert Token.parse(str(token)) == token


@pytest.mark.parametrize("text", ["", "x", "a:b:c", "a:1:", "6f1f6a4e-0c51-4b1e-9d53-0242ac120002"])
def test_what_no_token_is_reads_as_none(text):
    assert Token.parse(text) is None


def test_there_are_as_many_slots_as_are_allowed(counters):
    counters.allow(KIND, 3, ttl=30)
    taken = [counters.take(KIND, slots=1, ttl=30) for _ in range(4)]
    assert [token and token.slot for token in taken] == [1, 2, 3, None]


def test_what_was_allowed_is_forgotten_after_a_while(world, counters):
    counters.allow(KIND, 3, ttl=0.05)
    counters.take(KIND, slots=1, ttl=30)
    world.pass_time(0.1)
    assert counters.take(KIND, slots=1, ttl=30) is None


def test_fewer_slots_wait_until_the_others_are_free(counters):
    first, second = (counters.take(KIND, slots=2, ttl=30) for _ in range(2))
    counters.allow(KIND, 1, ttl=30)
    counters.release(second)
    assert counters.take(KIND, slots=2, ttl=30) is None
    counters.release(first)
    assert counters.take(KIND, slots=2, ttl=30).slot == 1

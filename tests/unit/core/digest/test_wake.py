import threading

import pytest

from core.clock import FixedClock
from core.digest.wake import KIND, Wake
from core.errors import BrokerUnavailableError
from core.store.counters import MemoryCounters, Token
from tests.conftest import NOON


class Broker:
    """Keeps what is published; `down` makes it unreachable."""

    def __init__(self):
        self.published = []
        self.arrived = threading.Event()
        self.down = False

    def __call__(self, token):
        if self.down:
            raise BrokerUnavailableError
        self.published.append(token)
        self.arrived.set()


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def counters():
    return MemoryCounters(FixedClock(NOON))


@pytest.fixture
def wake(broker, counters):
    wake = Wake(counters, broker, slots=2)
    yield wake
    wake.close()


def test_one_message_for_each_free_slot(wake, broker):
    assert [wake.now() for _ in range(3)] == [True, True, False]
    assert [Token.parse(text).slot for text in broker.published] == [1, 2]


def test_a_released_slot_can_be_woken_again(wake, broker):
    wake.now()
    wake.release(Token.parse(broker.published[0]))
    wake.now()
    assert [Token.parse(text).slot for text in broker.published] == [1, 1]


def test_a_broker_that_is_away_leaves_the_slot_free(wake, broker, counters):
    broker.down = True
    assert not wake.now()
    assert counters.take(KIND, slots=1, ttl=1) is not None


def test_redis_away_is_survived(wake, broker, counters):
    counters.down = True
    assert not wake.now()
    wake.renew(Token(KIND, 1, "x"))
    wake.release(Token(KIND, 1, "x"))
    assert not broker.published


def test_with_redis_away_the_sweeper_still_sends_a_message(wake, broker, counters):
    counters.down = True
    assert wake.now(uncounted=True)
    assert broker.published == [None]


def test_without_a_token_there_is_nothing_to_hold(wake):
    wake.renew(None)
    wake.release(None)


def test_a_call_publishes_from_another_thread(wake, broker):
    wake()
    assert broker.arrived.wait(10)
    assert len(broker.published) == 1


def test_calls_in_one_round_count_as_one(broker, counters):
    started, proceed = threading.Event(), threading.Event()

    def slow(token):
        started.set()
        proceed.wait(10)
        broker(token)

    wake = Wake(counters, slow, slots=100)
    wake()
    started.wait(10)
    for _ in range(50):
        wake()
    proceed.set()
    wake.close()
    assert 1 <= len(broker.published) <= 2


def test_what_is_still_wanted_at_the_end_is_sent(broker, counters):
    wake = Wake(counters, broker, slots=1)
    wake._start = lambda: None
    wake()
    wake.close()
    assert len(broker.published) == 1


def test_after_the_end_no_thread_is_started(broker, counters):
    wake = Wake(counters, broker, slots=1)
    wake.close()
    wake()
    assert wake._thread is None

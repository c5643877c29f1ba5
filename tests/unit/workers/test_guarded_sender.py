"""A broker that is away is left alone after a few failures, and found again by a single try."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from config.resilience import of_this_process
from config.settings import Settings
from core.clock import FixedClock
from core.errors import BrokerUnavailableError
from core.work.sender import MemorySender
from workers.guarded_sender import GuardedSender, tell


class CountingSender(MemorySender):
    tries = 0

    def depth(self, queue):
        self.tries += 1
        return super().depth(queue)


@pytest.fixture
def clock():
    return FixedClock(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def broker():
    return CountingSender()


@pytest.fixture
def sender(broker, clock):
    return GuardedSender(broker, of_this_process(Settings(), clock, tell))


@pytest.fixture
def fail(sender, clock):
    def several(times):
        for _ in range(times):
            clock.advance(0.1)
            with pytest.raises(BrokerUnavailableError):
                sender.depth("alerts")

    return several


def test_a_broker_that_answers_is_asked(sender, broker):
    assert [sender.depth("alerts") for _ in range(5)] == [0] * 5
    assert broker.tries == 5


def test_one_that_is_away_is_left_alone_and_callers_are_told_the_same(fail, broker):
    broker.down = True
    with capture_logs() as log:
        fail(10)
    assert broker.tries == 3
    assert [line["event"] for line in log] == ["breaker.opened"]


def test_one_that_is_lost_on_some_connections_only_is_left_alone_too(sender, fail, broker, clock):
    """While a call waits in vain for ten seconds, others get their answers."""
    with capture_logs() as log:
        for _ in range(3):
            for _ in range(40):
                sender.depth("alerts")
            clock.advance(10)
            broker.down = True
            fail(1)
            broker.down = False
        broker.down = True
        fail(2)
    assert [line["event"] for line in log] == ["breaker.opened"]


def test_a_single_try_finds_it_again(sender, fail, broker, clock):
    broker.down = True
    fail(5)
    clock.advance(5)
    fail(2)
    assert broker.tries == 4
    broker.down = False
    clock.advance(5)
    with capture_logs() as log:
        assert sender.depth("alerts") == 0
    assert [line["event"] for line in log] == ["breaker.closed"]
    sender.wake("t.look", queue="alerts")
    assert list(broker.woken) == [("t.look", "alerts")]

"""No call passes while a breaker is open: what a process may act on, and when an opening is one."""

import asyncio

import pytest

from core.clock import FixedClock
from core.resilience.breaker import (
    BreakerOpenError,
    Breakers,
    BreakerSettings,
    MemoryBreakers,
    MemoryChronicle,
    SettingsBook,
    State,
    guarded,
)
from core.resilience.breaker.chronicle import Shift
from core.resilience.breaker.keeper import HELD_SECONDS, LEASE_SECONDS
from core.resilience.breaker.transition import forced
from tests.conftest import NOON

SETTINGS = BreakerSettings(threshold=2, probes=1, ramp_seconds=0)
TICK = 0.1


class Slow(MemoryBreakers):
    """Takes its time to answer: what it says is of the moment when it was asked."""

    def __init__(self, clock):
        super().__init__(clock)
        self.clock, self.seconds = clock, 0.0

    def exchange(self, batch, settings):
        found = super().exchange(batch, settings)
        self.clock.advance(self.seconds)
        return found


class Platform:
    def __init__(self):
        self.clock = FixedClock(NOON)
        self.shared = Slow(self.clock)
        self.chronicle = MemoryChronicle()

    def process(self):
        return Breakers(
            self.shared,
            self.chronicle,
            book=SettingsBook(SETTINGS),
            clock=self.clock,
            reporter="here",
        )

    @property
    def states(self):
        return [shift.new.state for shift in self.chronicle.shifts]


@pytest.fixture
def platform():
    return Platform()


@pytest.fixture
def unaware(platform):
    """A process that has just seen a closed breaker, while another one decides to open it."""
    found, other = platform.process(), platform.process()
    found.sync("pay")
    assert decide(other) is State.OPENING
    return found


def decide(breakers):
    for permit in [breakers.acquire("pay") for _ in range(2)]:
        breakers.report(permit, ok=False, seconds=0)
    return breakers.sync("pay").state


def passes(breakers):
    try:
        breakers.acquire("pay")
    except BreakerOpenError:
        return False
    return True


def row(platform):
    return platform.chronicle.recall(["pay"])["pay"].standing


def state(platform):
    return row(platform).state


def test_who_has_decided_refuses_and_it_is_shown_closed(platform):
    breakers = platform.process()
    standing_state = decide(breakers)
    assert not passes(breakers)
    assert standing_state.shown == "closed"


def test_nobody_passes_once_it_is_open(platform, unaware):
    """The unaware one hears nothing, and is asked every instant."""
    watcher = platform.process()
    for _ in range(30):
        passed = quickly(unaware)
        watcher.sync("pay")
        assert not (passed and state(platform) is State.OPEN)
        platform.clock.advance(LEASE_SECONDS / 20)
    assert state(platform) is State.OPEN


def quickly(breakers):
    """By what the process has, without asking anybody."""
    try:
        return breakers.quick("pay") is not None
    except BreakerOpenError:
        return False


def test_until_then_the_unaware_may_call(platform, unaware):
    platform.clock.advance(HELD_SECONDS / 2)
    assert quickly(unaware)
    platform.clock.advance(HELD_SECONDS / 2)
    assert not quickly(unaware)
    assert state(platform) is State.OPENING


def test_a_lease_counts_from_before_the_question(platform):
    breakers = platform.process()
    breakers.sync("pay")
    platform.shared.seconds = HELD_SECONDS - TICK
    breakers.sync("pay")
    assert quickly(breakers)
    platform.clock.advance(TICK * 1.5)
    assert not quickly(breakers)


def test_a_store_that_answers_too_late_is_as_good_as_away(platform):
    breakers = platform.process()
    breakers.sync("pay")
    platform.clock.advance(5)
    platform.shared.seconds = LEASE_SECONDS
    assert passes(breakers)
    platform.shared.seconds = 0
    assert state(platform) is State.CLOSED


def test_a_store_that_had_to_be_told_again_waits_again(platform, unaware):
    before = forced(unaware.sync("pay"), State.CLOSED, platform.clock.now(), why="").version
    platform.clock.advance(HELD_SECONDS)
    platform.shared.clear()
    platform.process().sync("pay")
    platform.clock.advance(LEASE_SECONDS - HELD_SECONDS)
    assert unaware.sync("pay").state is State.OPENING
    platform.clock.advance(LEASE_SECONDS)
    assert unaware.sync("pay").state is State.OPEN
    assert unaware.sync("pay").version == before


def test_whoever_tends_makes_it_so(platform):
    breakers = platform.process()
    decide(breakers)
    for _ in range(6):
        assert breakers.tend()
        platform.clock.advance(TICK)
    breakers.tend()
    assert platform.states == [State.OPENING, State.OPEN]


def test_the_time_to_try_counts_from_the_decision(platform, unaware):
    decided = row(platform).since
    standing = unaware.in_effect("pay", platform.clock.advance)
    assert standing.since > decided
    assert (standing.retry_at - decided).total_seconds() == SETTINGS.reset_timeout


def test_a_forced_opening_waits_too(platform):
    unaware, breakers = platform.process(), platform.process()
    old = unaware.sync("pay")
    new = forced(old, State.FORCED_OPEN, platform.clock.now(), why="drill")
    assert platform.chronicle.record(Shift(old, new, "pay", author="me"))
    breakers.refresh("pay")
    assert not passes(breakers)
    assert quickly(unaware)
    found = breakers.in_effect("pay", platform.clock.advance)
    assert found.state is State.FORCED_OPEN
    assert not quickly(unaware)


def test_what_is_open_already_is_forced_at_once(platform, unaware):
    standing = unaware.in_effect("pay", platform.clock.advance)
    now = platform.clock.now()
    assert forced(standing, State.FORCED_OPEN, now, why="").state is State.FORCED_OPEN


def test_without_redis_a_process_goes_by_the_row(platform):
    breakers = platform.process()
    old = breakers.sync("pay")
    platform.shared.down = True
    platform.clock.advance(2)
    assert passes(breakers)
    new = forced(old, State.FORCED_OPEN, platform.clock.now(), why="drill")
    assert platform.chronicle.record(Shift(old, new, "pay", author="me"))
    platform.clock.advance(HELD_SECONDS)
    assert not passes(breakers)
    platform.clock.advance(LEASE_SECONDS)
    breakers.sync("pay")
    assert state(platform) is State.FORCED_OPEN


def test_without_redis_and_rows_it_goes_on_alone(platform, unaware):
    platform.shared.down = platform.chronicle.down = True
    platform.clock.advance(2)
    assert passes(unaware)


def test_what_was_lent_ends_with_ones_own_lease(platform):
    breakers = platform.process()
    permit = breakers.acquire("pay")
    platform.clock.advance(HELD_SECONDS - TICK)
    breakers.lend("pay")
    assert breakers.left(permit) == pytest.approx(HELD_SECONDS)
    decide(platform.process())
    breakers.tend(["pay"])
    assert breakers.left(permit) == 0


def test_a_permit_that_came_too_late_is_asked_for_again(platform, unaware, monkeypatch):
    """Between the thread that asked and the coroutine that calls there may be a while."""
    given, acquire = [], unaware.acquire

    def late(name):
        given.append(acquire(name))
        platform.clock.advance(2)
        return given[-1]

    monkeypatch.setattr(unaware, "quick", lambda _name, **_: None)
    monkeypatch.setattr(unaware, "acquire", late)

    async def call():
        async with guarded(unaware, "pay"):
            raise AssertionError("called")

    with pytest.raises(BreakerOpenError):
        asyncio.run(call())
    assert len(given) == 1

"""What becomes of breakers while Redis or PostgreSQL is away."""

import pytest

from core.clock import FixedClock
from core.errors import ForbiddenError
from core.resilience.breaker import (
    BreakerOpenError,
    Breakers,
    BreakerSettings,
    MemoryBreakers,
    MemoryChronicle,
    SettingsBook,
    State,
)
from core.resilience.breaker.chronicle import Shift
from core.resilience.breaker.errors import BreakerNameError
from core.resilience.breaker.permit import Permit
from core.resilience.breaker.transition import forced
from tests.conftest import NOON

SETTINGS = BreakerSettings(threshold=2, probes=1, ramp_seconds=0)


class Platform:
    def __init__(self):
        self.clock = FixedClock(NOON)
        self.shared = MemoryBreakers(self.clock)
        self.chronicle = MemoryChronicle()

    def process(self, entries=(), handover=0.0):
        return Breakers(
            self.shared,
            self.chronicle,
            book=SettingsBook(SETTINGS, entries),
            clock=self.clock,
            reporter="here",
            handover=handover,
        )


@pytest.fixture
def platform():
    return Platform()


def fail(breakers, times=2):
    for permit in [breakers.acquire("pay") for _ in range(times)]:
        breakers.report(permit, ok=False, seconds=0)
    return breakers.sync("pay").state


def is_open(breakers):
    try:
        breakers.acquire("pay")
    except BreakerOpenError:
        return True
    return False


def test_alone_a_process_goes_by_what_it_knew(platform):
    breakers = platform.process()
    fail(breakers)
    platform.shared.down = True
    platform.clock.advance(2)
    assert is_open(breakers)


def test_alone_a_process_has_a_breaker_of_its_own(platform):
    breakers, other = platform.process(), platform.process()
    breakers.acquire("pay")
    other.acquire("pay")
    platform.shared.down = True
    assert fail(breakers) is State.OPEN
    assert not is_open(other)
    platform.clock.advance(30)
    breakers.report(breakers.acquire("pay"), ok=True, seconds=0)
    assert breakers.sync("pay").state is State.CLOSED
    assert platform.chronicle.shifts == []


def test_together_again_what_was_decided_alone_is_forgotten(platform):
    breakers = platform.process()
    breakers.acquire("pay")
    platform.shared.down = True
    fail(breakers)
    platform.shared.down = False
    platform.clock.advance(1)
    assert breakers.sync("pay").state is State.CLOSED


def test_a_new_process_without_redis_goes_by_the_row(platform):
    fail(platform.process())
    platform.shared.down = True
    assert is_open(platform.process())


def test_alone_a_process_still_hears_of_what_is_forced(platform):
    breakers = platform.process()
    breakers.acquire("pay")
    platform.shared.down = True
    old = breakers.sync("pay")
    forced = forced_open(platform, old)
    platform.clock.advance(6)
    breakers.look(["pay"])
    breakers.tend()
    assert breakers.look(["pay"])["pay"].version >= forced.version
    assert is_open(breakers)


def forced_open(platform, old):
    new = forced(old, State.FORCED_OPEN, platform.clock.now(), why="drill")
    assert platform.chronicle.record(Shift(old, new, "pay", author="me"))
    return new


def test_without_rows_the_shared_state_decides_and_the_row_follows(platform):
    breakers = platform.process()
    breakers.acquire("pay")
    platform.chronicle.down = True
    assert fail(breakers) is State.OPEN
    assert is_open(platform.process())
    platform.chronicle.down = False
    platform.process().sync("pay")
    assert [shift.new.state for shift in platform.chronicle.shifts] == [State.OPEN]


def test_an_emptied_store_without_rows_gets_the_copy(platform):
    breakers = platform.process()
    fail(breakers)
    platform.chronicle.down = True
    platform.shared.clear()
    assert breakers.sync("pay").state is State.OPEN
    assert is_open(breakers)


def test_a_store_that_went_back_in_time_is_put_right(platform):
    breakers = platform.process()
    before = breakers.sync("pay")
    fail(breakers)
    platform.shared.clear()
    platform.shared.install(before)
    assert breakers.sync("pay").state is State.OPEN


def test_a_newcomer_puts_right_a_store_that_went_back_in_time(platform):
    breakers = platform.process()
    before = breakers.sync("pay")
    fail(breakers)
    platform.shared.clear()
    platform.shared.install(before)
    assert is_open(platform.process())


def test_settings_of_operators_arrive(platform):
    breakers = platform.process()
    breakers.acquire("pay")
    platform.chronicle.adjust("pay", {"threshold": 9})
    platform.clock.advance(6)
    breakers.acquire("pay")
    breakers.tend()
    assert fail(breakers, times=8) is State.CLOSED


def test_a_look_makes_no_breaker(platform):
    breakers = platform.process()
    assert breakers.look(["pay"]) == {}
    assert platform.chronicle.recall(["pay"]) == {}


def test_a_look_without_waiting_is_answered_the_next_time(platform):
    fail(platform.process())
    breakers = platform.process()
    assert breakers.look(["pay"], wait=False) == {}
    breakers.tend()
    assert breakers.look(["pay"], wait=False)["pay"].state is State.OPEN


def test_whose_it_is(platform):
    breakers = platform.process()
    breakers.admit("ours", 1)
    breakers.admit("ours", None)
    with pytest.raises(ForbiddenError):
        breakers.admit("ours", 2)
    breakers.admit("everybodys", None)
    breakers.admit("everybodys", 2)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb"])
def test_names_that_are_none(platform, name):
    with pytest.raises(BreakerNameError):
        platform.process().acquire(name)


@pytest.mark.parametrize("text", ["", "5", "x.y", "-1.a", "²." + "a", "9" * 20 + ".a"])
def test_permits_that_are_none(text):
    assert Permit.parse("pay", text) is None


def test_a_permit_as_text():
    permit = Permit("pay", 7, "abc")
    assert Permit.parse("pay", str(permit)) == permit


def test_copies_that_nobody_uses_are_dropped(platform):
    breakers = platform.process()
    breakers.acquire("pay")
    assert breakers.tend()
    platform.clock.advance(700)
    assert not breakers.tend()
    assert breakers.look(["pay"], wait=False) == {}


@pytest.mark.parametrize(
    ("failing", "behind"), [("checkout", State.OPEN), ("db", State.OPEN), ("watched", State.CLOSED)]
)
def test_the_worst_breaker_of_a_component(platform, failing, behind):
    entries = [("db", {"component": "checkout"})]
    entries += [("watched", {"component": "checkout", "mode": "metrics"})]
    breakers = platform.process(entries)
    for name in ("checkout", "db", "watched"):
        breakers.acquire(name)
    for permit in [breakers.acquire(failing) for _ in range(2)]:
        breakers.report(permit, ok=False, seconds=0)
    breakers.sync(failing)
    assert breakers.behind(["checkout", "other"])["checkout"].state is behind

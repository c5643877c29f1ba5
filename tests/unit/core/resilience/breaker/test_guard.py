import asyncio

import pytest

from core.clock import FixedClock
from core.errors import NotFoundError
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
from tests.conftest import NOON


@pytest.fixture
def clock():
    return FixedClock(NOON)


@pytest.fixture
def breakers(clock):
    return Breakers(
        MemoryBreakers(clock),
        MemoryChronicle(),
        book=SettingsBook(BreakerSettings(threshold=2, probes=1, ramp_seconds=0)),
        clock=clock,
        reporter="here",
        handover=0.0,
    )


def fail(breakers, error=ConnectionError, times=2):
    for _ in range(times):
        with pytest.raises(error), guarded(breakers, "pay"):
            raise error
    return breakers.sync("pay")


def test_failures_open_it_and_no_call_is_made(breakers):
    assert fail(breakers).state is State.OPEN
    with pytest.raises(BreakerOpenError), guarded(breakers, "pay"):
        raise AssertionError("called")


@pytest.mark.parametrize("error", [NotFoundError, PermissionError])
def test_answers_that_show_that_the_other_side_is_well(breakers, error):
    assert fail(breakers, error).state is State.CLOSED


def test_ones_own_judgement(breakers):
    for _ in range(2):
        with pytest.raises(KeyError), guarded(breakers, "pay", judge=lambda _: True):
            raise KeyError
    assert breakers.sync("pay").state is State.OPEN


def test_a_call_broken_off_says_nothing(breakers, clock):
    fail(breakers)
    clock.advance(30)
    with pytest.raises(KeyboardInterrupt), guarded(breakers, "pay"):
        raise KeyboardInterrupt
    with guarded(breakers, "pay") as permit:
        assert permit.lease
    assert breakers.sync("pay").state is State.CLOSED


def test_as_a_decorator(breakers):
    @guarded(breakers, "pay")
    def add(a, b):
        return a + b

    assert (add(1, b=2), add.__name__) == (3, "add")


def test_as_a_decorator_of_coroutines(breakers):
    @guarded(breakers, "pay")
    async def fetch(error):
        await asyncio.sleep(0)
        if error:
            raise ConnectionError
        return "done"

    async def go():
        assert await fetch(False) == "done"
        return await asyncio.gather(*(fetch(True) for _ in range(3)), return_exceptions=True)

    assert all(isinstance(each, ConnectionError) for each in asyncio.run(go()))
    assert breakers.sync("pay").state is State.OPEN


def test_a_probe_in_a_coroutine(breakers, clock):
    fail(breakers)
    clock.advance(30)

    async def go():
        async with guarded(breakers, "pay") as permit:
            return permit

    assert asyncio.run(go()).lease
    assert breakers.sync("pay").state is State.CLOSED


def test_a_cancelled_probe_gives_its_place_back(breakers, clock):
    fail(breakers)
    clock.advance(30)

    async def go():
        async with guarded(breakers, "pay"):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(go())
    assert breakers.acquire("pay").lease

import pytest

from config.breakers import book
from core.access.audit import Actor
from core.maintenance import breaking
from core.maintenance.breaking import Desk, Wish
from core.recovery.action import ActionError
from core.recovery.actions.breaker import BreakerAction
from core.resilience.breaker import (
    Breakers,
    Ledger,
    MemoryBreakers,
    RowChronicle,
    State,
)
from core.resilience.breaker.standing import FORCED_SHUT
from core.store import breakers as rows
from core.work import holds

LEDGER = Ledger(holds.hold, holds.release, "mendline")


@pytest.fixture
def breakers(database, clock):
    chronicle = RowChronicle(database, LEDGER)
    made = {"book": book(None), "clock": clock, "reporter": "tests", "handover": 0.0}
    return Breakers(MemoryBreakers(clock), chronicle, **made)


@pytest.fixture
def action(once, clock, breakers):
    return BreakerAction(once, clock, breakers, LEDGER)


@pytest.fixture
def look(database):
    def one(name):
        with database.transaction() as session:
            return rows.one(session, name)

    return one


@pytest.fixture
def state(look):
    def state_of(name="checkout"):
        found = look(name)
        return found and found.state

    return state_of


def test_the_breaker_of_the_component_is_opened_and_reset(action, order, state):
    asked = order("breaker", seconds=60)
    done = action.run(asked)
    assert state() == State.FORCED_OPEN
    action.undo(asked, done.undo)
    assert state() == State.CLOSED


@pytest.fixture
def by_hand(database, clock, breakers):
    def force(name, state=State.FORCED_OPEN):
        wish, desk = Wish(name, state, "maintenance"), Desk(breakers.book, LEDGER)
        with database.transaction() as session:
            breaking.force(session, wish, Actor("ada"), desk=desk, now=clock.now())

    return force


def test_what_an_operator_asked_meanwhile_stays(action, order, state, by_hand):
    asked = order("breaker")
    done = action.run(asked)
    by_hand("checkout")
    action.undo(asked, done.undo)
    assert state() in FORCED_SHUT


def test_one_that_an_operator_has_opened_stays_so_until_its_reset(action, order, by_hand, look):
    by_hand("checkout")
    done = action.run(order("breaker", seconds=60))
    assert (done.summary, done.undo) == ("ada holds the breaker checkout open already.", None)
    assert look("checkout").retry_at is None


def test_one_that_an_operator_has_closed_is_not_opened(action, order, state, by_hand):
    by_hand("checkout", State.FORCED_CLOSED)
    with pytest.raises(ActionError, match="ada holds the breaker checkout closed"):
        action.run(order("breaker"))
    assert state() == State.FORCED_CLOSED


def test_of_two_recoveries_one_does_not_reset_what_the_other_opened(action, order, state):
    first = order("breaker", seconds=60)
    done = action.run(first)
    action.run(order("breaker", order_key="key-2", seconds=300))
    action.undo(first, done.undo)
    assert state() in FORCED_SHUT


def test_a_dry_run_opens_nothing(action, order, state):
    action.run(order("breaker", breaker="bank", dry_run=True))
    assert state("bank") is None

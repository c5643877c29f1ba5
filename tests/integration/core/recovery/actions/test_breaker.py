import pytest

from config.breakers import book
from core.access.audit import Actor
from core.maintenance import breaking
from core.maintenance.breaking import Desk, Wish
from core.recovery.actions.breaker import BreakerAction
from core.resilience.breaker import Breakers, Ledger, MemoryBreakers, RowChronicle, State
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
def state(database):
    def look(name="checkout"):
        with database.transaction() as session:
            found = rows.one(session, name)
            return found and found.state

    return look


def test_the_breaker_of_the_component_is_opened_and_reset(action, order, state):
    asked = order("breaker", seconds=60)
    done = action.run(asked)
    assert state() == State.FORCED_OPEN
    action.undo(asked, done.undo)
    assert state() == State.CLOSED


@pytest.fixture
def by_hand(database, clock, breakers):
    def force(name):
        wish, desk = Wish(name, State.FORCED_OPEN, "maintenance"), Desk(breakers.book, LEDGER)
        with database.transaction() as session:
            breaking.force(session, wish, Actor("ada"), desk=desk, now=clock.now())

    return force


def test_what_an_operator_asked_meanwhile_stays(action, order, state, by_hand):
    asked = order("breaker")
    done = action.run(asked)
    by_hand("checkout")
    action.undo(asked, done.undo)
    assert state() in FORCED_SHUT


def test_a_dry_run_opens_nothing(action, order, state):
    action.run(order("breaker", breaker="bank", dry_run=True))
    assert state("bank") is None

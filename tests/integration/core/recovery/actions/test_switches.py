"""Switches, failovers and quarantines are rows that applications and consumers read."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from core.model import SwitchChange, WorkHold
from core.recovery.action import ActionError, Order
from core.recovery.actions.failover import FailoverAction
from core.recovery.actions.quarantine import QuarantineAction
from core.recovery.actions.switch import SwitchAction
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Failover
from core.store import switches
from core.store.switches import Change
from core.work.holds import hold, release


@pytest.fixture
def in_force(database, clock, project):
    def look():
        with database.transaction() as session:
            found = switches.in_force(session, project, now=clock.now())
            return {each.name: each.value for each in found}

    return look


@pytest.fixture
def switching(once, clock):
    return SwitchAction(once, clock)


@pytest.fixture
def by_hand(database, clock, project):
    def put(name, value, until=None):
        with database.transaction() as session:
            change = Change(project, name, "ada", "by hand", until)
            switches.put(session, change, value, now=clock.now())

    return put


def test_a_switch_is_set_and_taken_back(switching, order, in_force):
    asked = order("switch", switch="checkout.fallback")
    done = switching.run(asked)
    assert in_force() == {"checkout.fallback": True}
    switching.undo(asked, done.undo)
    assert in_force() == {}


def test_what_was_there_before_comes_back(switching, order, in_force, by_hand):
    by_hand("pace", {"rate": 10})
    asked = order("switch", switch="pace", value={"rate": 1})
    done = switching.run(asked)
    assert in_force() == {"pace": {"rate": 1}}
    switching.undo(asked, done.undo)
    assert in_force() == {"pace": {"rate": 10}}


def test_what_somebody_set_meanwhile_stays(switching, order, in_force, by_hand):
    asked = order("switch", switch="pace", value=1)
    done = switching.run(asked)
    by_hand("pace", 5)
    assert "alone" in switching.undo(asked, done.undo).summary
    assert in_force() == {"pace": 5}


def test_a_switch_ends_by_itself(switching, order, in_force, clock):
    switching.run(order("switch", switch="pace", seconds=60))
    clock.advance(61)
    assert in_force() == {}


def test_the_same_order_does_it_once(switching, order, database, clock):
    first = switching.run(order("switch", switch="pace"))
    clock.advance(5)
    again = switching.run(order("switch", switch="pace"))
    assert again == first
    with database.transaction() as session:
        assert len(session.scalars(select(SwitchChange)).all()) == 1


def test_a_dry_run_sets_nothing(switching, order, in_force):
    done = switching.run(order("switch", switch="pace", dry_run=True))
    assert (done.undo, in_force()) == (None, {})


@pytest.mark.parametrize(
    "told",
    [{}, {"switch": "a b"}, {"switch": "a", "why": "b"}, {"switch": "a", "value": "x" * 5000}],
)
def test_what_is_no_switch_is_refused(switching, order, told):
    with pytest.raises(ActionError) as caught:
        switching.run(order("switch", **told))
    assert caught.value.permanent


def test_an_order_without_a_project_is_refused(switching):
    with pytest.raises(ArgumentError, match="project"):
        switching.run(Order("switch", "x", {"switch": "a"}, "key-1", 5.0))


def test_a_failover_goes_on_to_the_next_and_back(once, clock, order, in_force):
    declared = {"orders": Failover("orders.database", ("primary", "standby"))}
    action = FailoverAction(declared, once, clock)
    done = action.run(order("failover", failover="orders"))
    assert in_force() == {"orders.database": "standby"}
    action.run(order("failover", order_key="key-2", failover="orders"))
    assert in_force() == {"orders.database": "primary"}
    assert "alone" in action.undo(order("failover", failover="orders"), done.undo).summary


def test_a_failover_to_where_it_is_already_fails(once, clock, order):
    declared = {"orders": Failover("orders.database", ("primary", "standby"))}
    action = FailoverAction(declared, once, clock)
    with pytest.raises(ActionError, match="already"):
        action.run(order("failover", failover="orders", to="primary"))
    with pytest.raises(ArgumentError, match="primary, standby"):
        action.run(order("failover", failover="orders", to="elsewhere"))


def test_a_piece_of_work_is_put_aside_for_its_consumers(once, clock, order, in_force):
    action = QuarantineAction(once, clock)
    asked = order("quarantine", key="order-17")
    done = action.run(asked)
    assert in_force() == {"quarantine:checkout:order-17": True}
    action.undo(asked, done.undo)
    assert in_force() == {}


@pytest.fixture
def holds(database):
    def look():
        with database.transaction() as session:
            return {each.target: each.until for each in session.scalars(select(WorkHold))}

    return look


@pytest.fixture
def holders(database):
    def look():
        with database.transaction() as session:
            return sorted(session.scalars(select(WorkHold.holder)))

    return look


def test_work_of_ours_is_held_by_its_target(once, clock, order, holds):
    action = QuarantineAction(once, clock)
    asked = order("quarantine", hold="broker:orders", seconds=60)
    done = action.run(asked)
    assert holds() == {"broker:orders": clock.now() + timedelta(seconds=60)}
    action.undo(asked, done.undo)
    assert holds() == {}


def test_somebody_else_s_hold_neither_goes_with_it_nor_takes_its_place(
    once, clock, order, holders, database
):
    action = QuarantineAction(once, clock)
    asked = order("quarantine", hold="broker:orders")
    done = action.run(asked)
    own = holders()
    with database.transaction() as session:
        until = clock.now() + timedelta(seconds=30)
        hold(session, "broker:orders", "breaker", until=until, reason="open")
    assert holders() == sorted(["breaker", *own])
    with database.transaction() as session:
        release(session, "broker:orders", "breaker")
    assert holders() == own
    action.undo(asked, done.undo)
    assert holders() == []


def test_what_has_ended_before_is_told_when_it_is_taken_back(once, clock, order, database):
    action = QuarantineAction(once, clock)
    asked = order("quarantine", hold="broker:orders")
    done = action.run(asked)
    with database.transaction() as session:
        session.execute(delete(WorkHold))
    assert action.undo(asked, done.undo).summary == "The work of broker:orders is held no more."

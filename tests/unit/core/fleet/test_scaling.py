from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fleet.load import History, Observation
from core.fleet.scaling import Bounds, Kind, Override, decide

BOUNDS = Bounds(least=1, most=8, room=8, latency=5.0, service=0.5, processors=8)
LONG_AGO = History.beginning(0.0)


def looked(**changes):
    values = {"at": 100.0, "children": 2, "running": 2, "busy": 2.0}
    work = {"backlog": 0.0, "oldest": 0.0, "finished": 4.0}
    return Observation(**values | work | changes)


def history(**changes):
    values = {"at": 100.0, "busy": 2.0, "work": 10.0, "tasks": 19.0, "finished_at": 100.0}
    return replace(LONG_AGO, **values | changes)


def decided(seen=None, past=None, **bounds):
    return decide(seen or looked(), past or history(), replace(BOUNDS, **bounds))


def test_enough_children_for_what_waits_and_what_comes():
    """(60 * 0.525 + 2 * 0.525 * 6) / 5 = 7.56"""
    seen, past = looked(backlog=60.0, children=6), history(arrival=2.0)
    assert decided(seen, past, most=20).wanted == 8


def test_at_most_eight_times_as_many_at_once():
    decision = decided(looked(backlog=1000.0), most=40, room=40)
    assert (decision.kind, decision.target, decision.wanted) == (Kind.GROW, 16, 105)


def test_an_empty_pool_begins_with_one():
    assert decided(looked(children=0, running=0, busy=0.0, backlog=9.0), least=0).target == 1


def test_the_reason_tells_what_waits_and_the_inputs_stand_beside_it():
    decision = decided(looked(backlog=1000.0, oldest=2.5), most=105)
    assert decision.reason == "1000 wait, the first for 2.5 s"
    assert decision.inputs["backlog"] == 1000.0
    assert decision.inputs["seconds_per_task"] == 0.525


def test_more_than_the_bounds_allow_is_said_while_it_grows_and_when_it_cannot():
    beyond = "a wait of 5 s is out of reach: it needs 105 children, there may be 8"
    decision = decided(looked(backlog=1000.0, oldest=2.5))
    assert (decision.kind, decision.reason) == (
        Kind.GROW,
        f"1000 wait, the first for 2.5 s; {beyond}",
    )
    decision = decided(looked(backlog=1000.0, children=8, running=8, busy=8.0))
    assert (decision.kind, decision.target, decision.reason) == (Kind.OUT_OF_REACH, 8, beyond)


def test_what_the_bounds_allow_is_not_out_of_reach():
    decision = decided(looked(backlog=70.0, children=8, running=8, busy=8.0))
    assert (decision.kind, decision.wanted) == (Kind.STEADY, 8)


def test_memory_lets_it_grow_in_part():
    assert decided(looked(backlog=1000.0), room=1).target == 3
    decision = decided(looked(backlog=1000.0), room=0)
    assert (decision.kind, decision.target) == (Kind.NO_ROOM, 2)


def test_busy_processors_are_not_helped_by_more_children():
    seen = looked(backlog=1000.0, processors=0.99)
    assert decided(seen, processors=2).kind is Kind.NO_ROOM
    assert decided(seen, processors=3).target == 3
    assert decided(seen).target == 8
    assert decided(replace(seen, processors=0.5), processors=2).kind is Kind.GROW


def test_old_work_and_busy_children_ask_for_one_more():
    decision = decided(looked(backlog=1.0, oldest=20.0), history(tasks=10_000.0))
    assert (decision.kind, decision.target) == (Kind.GROW, 3)


def test_old_work_beside_idle_children_does_not():
    """A message that got lost is sent again by the ledger, not by another child."""
    decision = decided(looked(backlog=1.0, oldest=20.0), history(tasks=10_000.0, busy=0.1))
    assert decision.target == 2


def test_nothing_finished_for_long_stops_the_growth():
    decision = decided(looked(backlog=1000.0), history(finished_at=60.0))
    assert (decision.kind, decision.target) == (Kind.STUCK, 2)


@pytest.mark.parametrize("name", ["running", "busy", "backlog", "oldest", "finished"])
def test_whatever_is_missing_freezes_the_pool(name):
    decision = decided(looked(**{"backlog": 1000.0, name: None}))
    assert (decision.kind, decision.target) == (Kind.FROZEN, 2)
    assert "cannot be found out" in decision.reason


def test_what_an_operator_set_holds_within_the_maximum():
    override = Override(children=5, author="ada")
    decision = decided(looked(backlog=None), override=override)
    assert (decision.kind, decision.target) == (Kind.SET, 5)
    assert decision.reason == "set to 5 by ada"
    assert decided(override=Override(children=99, author="ada")).target == 8
    assert decided(override=Override(children=0, author="ada")).target == 0


@pytest.mark.parametrize(("children", "target"), [(0, 1), (9, 8)])
def test_limits_are_kept_at_once(children, target):
    assert decided(looked(children=children, busy=9.0)).target == target


def idle(**changes):
    return history(**{"busy": 0.2, "low_since": 80.0} | changes)


def test_one_step_down_after_a_quiet_time():
    decision = decided(looked(children=8, running=8, busy=0.2), idle())
    assert (decision.kind, decision.target) == (Kind.SHRINK, 4)
    assert decision.reason == "little to do for 20 s"


@pytest.mark.parametrize(
    "changes", [{"low_since": 95.0}, {"changed_at": 97.0}, {"grown_at": 95.0}, {"low_since": None}]
)
def test_not_before_it(changes):
    assert decided(looked(children=8, running=8), idle(**changes)).kind is Kind.STEADY


def test_never_so_far_that_the_rest_would_be_busy():
    decision = decided(looked(children=4, running=4), idle(busy=2.3))
    assert decision.target == 3
    assert decided(looked(children=3, running=3), idle(busy=2.3)).kind is Kind.STEADY


numbers = st.floats(0, 1e6)
looks = st.builds(
    looked,
    children=st.integers(0, 100),
    running=st.integers(0, 100) | st.none(),
    busy=st.floats(0, 100) | st.none(),
    backlog=numbers | st.none(),
    oldest=numbers | st.none(),
    finished=numbers | st.none(),
    processors=st.floats(0, 1) | st.none(),
)
pasts = st.builds(
    history,
    arrival=numbers,
    busy=st.floats(0, 100),
    work=numbers,
    tasks=numbers,
    low_since=st.floats(0, 100) | st.none(),
    finished_at=st.floats(0, 100),
    changed_at=st.floats(0, 100),
    grown_at=st.floats(0, 100),
)


@given(looks, pasts, st.integers(0, 10), st.integers(10, 100), st.integers(-5, 50))
def test_whatever_is_seen_the_bounds_hold(seen, past, least, most, room):
    decision = decided(seen, past, least=least, most=most, room=room)
    assert decision.reason
    assert decision.wanted >= 0
    if decision.kind is Kind.FROZEN:
        assert decision.target == seen.children
        return
    assert least <= decision.target <= most
    if decision.target > max(seen.children, least):
        assert decision.target <= max(2 * seen.children, 1)
        assert decision.target - seen.children <= max(room, 0)


@given(looks, pasts)
def test_kind_and_target_agree(seen, past):
    decision = decided(seen, past, most=200)
    moved = (decision.target > seen.children) - (decision.target < seen.children)
    assert moved == {Kind.GROW: 1, Kind.SHRINK: -1}.get(decision.kind, 0)

"""Whole loads, replayed against a model of a pool."""

from dataclasses import replace
from math import cos, inf, pi

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fleet.scaling import Kind
from tests.unit.core.fleet.simulator import BOUNDS, LAG, Simulator


def burst(size, *, at=5.0, every=None):
    """`size` tasks within a second, once or again and again."""

    def arrivals(now):
        since = now - at if every is None else (now - at) % every
        return size if 0 <= since < 1 and now >= at else 0

    return arrivals


def test_a_burst_takes_the_pool_to_its_maximum_in_five_seconds():
    run = Simulator(burst(5_000), 0.1).run(10)
    assert max(run.children[:10]) == 8
    assert run.children.index(8) <= 5 + 3


def test_where_the_bounds_allow_it_a_burst_is_done_in_time_once_the_pool_has_grown():
    """75 worker-seconds at once, which take 15 children, and as much time as is wanted."""
    run = Simulator(burst(750), 0.1, replace(BOUNDS, most=20)).run(60)
    grown = run.children.index(max(run.children)) + LAG
    since = [done - max(done - waited, grown) for done, waited in run.waits]
    assert max(since) <= BOUNDS.latency
    assert Kind.OUT_OF_REACH not in run.kinds


def test_a_burst_beyond_the_bounds_is_said_to_be_one_as_long_as_it_is():
    run = Simulator(burst(5_000), 0.1).run(200)
    beyond = [second for second, kind in enumerate(run.kinds) if kind is Kind.OUT_OF_REACH]
    assert beyond == list(range(beyond[0], beyond[-1] + 1))
    left = run.backlog[beyond[-1]] * 0.1
    assert left <= 2 * 8 * BOUNDS.latency


@pytest.mark.parametrize("most", [8, 32, 64])
def test_after_a_burst_the_pool_is_at_its_minimum_within_a_minute(most):
    run = Simulator(burst(5_000), 0.1, replace(BOUNDS, most=most)).run(200)
    ended = max(second for second, waiting in enumerate(run.backlog) if waiting)
    assert run.children[ended + 60] == 1
    assert run.turns == 1


def test_nothing_that_comes_after_scale_up_waits_longer_than_the_target():
    """Steady work of five children: the pool grows to hold it."""
    run = Simulator(lambda now: 10 if now > 5 else 0, 0.5).run(300)
    assert all(waited <= BOUNDS.latency for done, waited in run.waits if done > 20)


def test_bursts_again_and_again_turn_the_pool_twice_each():
    run = Simulator(burst(600, every=60), 0.1).run(600)
    assert run.turns <= 2 * 10
    assert run.backlog[-1] == 0


def test_a_trickle_does_not_pin_the_pool_at_its_peak():
    """One task a second was enough to keep Celery's own autoscaler from ever shrinking."""
    run = Simulator(lambda _now: 1.0, 0.1).run(120, children=8)
    assert run.children[60:] == [1] * 60
    assert run.turns == 0


def test_a_day_of_waves_turns_the_pool_twice_a_wave():
    waves = Simulator(lambda now: 15 * (1 - cos(2 * pi * now / 600)), 0.2, BOUNDS).run(3_000)
    assert waves.turns <= 2 * 5 + 2
    assert max(waves.backlog) <= 30 * BOUNDS.latency
    assert (min(waves.children), max(waves.children) > 4) == (1, True)


def test_a_load_between_two_sizes_does_not_flap():
    for load in (0.95, 1.0, 1.05, 1.9, 2.1, 3.0):
        run = Simulator(lambda _now, load=load: load / 0.2, 0.2).run(400)
        assert run.turns <= 2, load


def test_stuck_consumers_do_not_make_the_pool_grow_for_ever():
    wide = replace(BOUNDS, most=10_000, room=10_000)
    run = Simulator(lambda _now: 0.5, inf, wide).run(600)
    assert max(run.children) <= 64
    assert run.children[-1] == run.children[100]
    assert run.kinds[-1] is Kind.STUCK


def test_without_data_nothing_moves():
    run = Simulator(burst(1_000), 0.1, blind=lambda at: 4 < at < 40).run(60)
    assert set(run.children[4:39]) == {1}
    assert set(run.kinds[4:39]) == {Kind.FROZEN}
    assert max(run.children) == 8


def test_without_room_in_the_memory_the_pool_stays():
    run = Simulator(burst(1_000), 0.1, replace(BOUNDS, room=0)).run(30)
    assert max(run.children) == 1
    assert Kind.NO_ROOM in run.kinds


loads = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 30)), min_size=1, max_size=5
)  # so many a second, for so many seconds


@settings(max_examples=20, deadline=None)
@given(loads, st.sampled_from([0.1, 0.3, 1.0]), st.integers(0, 3), st.integers(4, 12))
def test_any_load_keeps_floor_and_ceiling_and_is_drained(phases, service, least, most):
    plan = [rate for rate, seconds in phases for _ in range(seconds)]
    bounds = replace(BOUNDS, least=least, most=most)
    simulator = Simulator(lambda now: plan[int(now)] if now < len(plan) else 0, service, bounds)
    work = sum(plan) * service
    quiet = len(plan) + int(work / most * 1.5) + 150
    run = simulator.run(quiet, children=max(least, 1))
    assert all(least <= each <= most for each in run.children)
    assert run.backlog[-1] == 0
    assert run.children[-1] == least
    assert run.turns <= 2 * len(phases)

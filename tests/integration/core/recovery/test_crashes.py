"""A worker that dies at any line between the order and the verdict: nothing is done twice."""

import pytest

from tests.integration.core.recovery.test_engine import AUTO, PROBE
from tests.integration.core.recovery.world import Crash, World


@pytest.fixture
def world(database, clock):
    return World(database, clock, policy=AUTO)


def order(world, task):
    (found,) = [each for each in world.orders if each.task == task]
    return found


def again(world, task):
    """The ledger hands the same row out once more."""
    found = order(world, task)
    world.do(found)
    world.do(found)
    world.orders.remove(found)


def test_an_order_that_is_handed_out_twice_is_carried_out_once(world):
    recovery = world.begin()
    again(world, "recovery.attempt")
    assert len(world.mend.done) == 1
    again(world, "recovery.verify")
    world.turn()
    assert world.state(recovery) == "recovered"


def test_a_worker_that_dies_after_the_act_leaves_it_to_the_evidence(world):
    recovery = world.begin()
    world.mend.crashes = Crash()
    with pytest.raises(Crash):
        world.do(order(world, "recovery.attempt"))
    world.mend.crashes = None
    assert world.steps(recovery) == [("restart", "running")]
    again(world, "recovery.attempt")
    assert len(world.mend.done) == 1
    assert world.steps(recovery) == [("restart", "unknown")]
    world.turn()
    assert world.state(recovery) == "recovered"
    assert len(world.mend.done) == 1


def test_what_nobody_comes_back_for_is_found_by_the_sweep(world):
    recovery = world.begin()
    world.mend.crashes = Crash()
    with pytest.raises(Crash):
        world.do(order(world, "recovery.attempt"))
    world.orders.clear()
    assert world.sweep() == (0, 0)
    world.clock.advance(100)
    assert world.sweep() == (1, 0)
    world.turn()
    assert world.state(recovery) == "recovered"
    assert len(world.mend.done) == 1


@pytest.mark.parametrize("steps", range(5))
def test_orders_that_get_lost_are_written_again_at_every_step(world, steps):
    recovery = world.begin()
    for _ in range(steps):
        world.do_next()
    world.orders.clear()
    for _ in range(20):
        if world.row(recovery).ended_at:
            break
        world.clock.advance(100)
        world.sweep()
        world.turn()
    assert world.state(recovery) == "recovered"
    assert len(world.mend.done) == 1


def test_a_worker_that_dies_while_it_takes_an_act_back_calls_a_person(world):
    world.policy(AUTO + PROBE)
    world.health.healthy, world.mend.undo_fails = False, Crash()
    recovery = world.begin()
    with pytest.raises(Crash):
        world.turn()
    world.acting.undo(world.attempts(recovery)[0].id)
    assert world.state(recovery) == "escalated"
    assert world.steps(recovery) == [("restart", "stuck")]
    assert not world.mend.undone

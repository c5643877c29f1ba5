"""What people say to recoveries, and what becomes of questions that nobody answers."""

import pytest
from sqlalchemy import select

from core.errors import UnprocessableError
from core.model import Recovery, RecoveryTransition
from core.recovery.approving import NotWaitingError, StillRunningError
from core.store.recovery import RecoveryNotFoundError
from tests.integration.core.recovery.test_engine import AUTO
from tests.integration.core.recovery.world import World

ASK = AUTO.replace('"auto"', '"approve"')


@pytest.fixture
def world(database, clock):
    return World(database, clock, policy=ASK)


def say(world, verb, recovery, **more):
    with world.database.transaction() as session:
        found = getattr(world.engine, verb)(session, recovery, by="ann", why="because", **more)
        return found.id


def test_where_a_person_is_to_be_asked_nothing_happens_before(world):
    recovery = world.begin()
    world.turn()
    assert world.state(recovery) == "awaiting_approval"
    assert not world.mend.done


def test_a_yes_is_carried_out_and_remembered(world):
    recovery = world.begin()
    say(world, "approve", recovery)
    world.turn()
    path = ["planned", "awaiting_approval", "approved", "acting", "verifying", "recovered"]
    assert world.path(recovery) == path
    assert len(world.mend.done) == 1
    assert world.row(recovery).automatic is False
    with world.database.transaction() as session:
        wanted = select(RecoveryTransition).where(RecoveryTransition.new == "approved")
        made = session.scalars(wanted.filter_by(recovery_id=recovery)).one()
    assert (made.actor, made.reason) == ("ann", "because")


def test_a_yes_does_not_overrule_the_other_guards(world):
    recovery = world.begin()
    world.policy(ASK + '[[maintenance]]\nbegins = "00:00"\nends = "00:00"\n')
    say(world, "approve", recovery)
    assert world.state(recovery) == "awaiting_approval"
    assert world.attempts(recovery)[-1].guard == "maintenance"
    world.policy(ASK)
    say(world, "approve", recovery)
    assert world.state(recovery) == "acting"


@pytest.mark.parametrize("steps", range(3))
def test_what_is_lost_after_a_yes_that_came_too_early_is_ordered_again(world, steps):
    recovery = world.begin()
    world.policy(ASK + '[[maintenance]]\nbegins = "00:00"\nends = "00:00"\n')
    say(world, "approve", recovery)
    world.policy(ASK)
    say(world, "approve", recovery)
    for _ in range(steps):
        world.do_next()
    world.orders.clear()
    world.clock.advance(100)
    assert world.sweep() == (1, 0)
    world.turn()
    assert world.state(recovery) == "recovered"
    assert len(world.mend.done) == 1


def test_a_no_ends_it(world):
    recovery = world.begin()
    say(world, "reject", recovery)
    world.turn()
    assert world.state(recovery) == "rejected"
    assert not world.mend.done


def test_nobody_says_yes_twice(world):
    recovery = world.begin()
    say(world, "approve", recovery)
    with pytest.raises(NotWaitingError):
        say(world, "approve", recovery)
    with pytest.raises(RecoveryNotFoundError):
        say(world, "approve", 10**9)


def test_a_question_that_nobody_answers_ends_and_a_person_is_called(world):
    recovery = world.begin()
    world.clock.advance(3599)
    assert world.sweep() == (0, 0)
    world.clock.advance(2)
    assert world.sweep() == (0, 1)
    assert world.state(recovery) == "expired"


def test_what_was_only_thought_of_is_done_on_a_persons_word(world):
    world.policy(AUTO.replace('mend = "auto"', ""))
    shadow = world.begin()
    world.turn()
    made = say(world, "run", shadow)
    world.turn()
    assert world.state(made) == "recovered"
    assert len(world.mend.done) == 1
    assert world.row(made).automatic is False


def test_a_word_does_not_switch_on_what_is_off(world):
    world.policy(AUTO.replace('"auto"', '"off"'))
    made = say(world, "run", world.begin())
    assert world.state(made) == "refused"
    assert not world.mend.done


def test_nothing_is_run_beside_what_is_under_way(world):
    with pytest.raises(StillRunningError):
        say(world, "run", world.begin())


def test_a_strategy_that_there_is_not_is_refused_and_no_recovery_fails(world):
    world.policy(AUTO.replace('mend = "auto"', ""))
    shadow = world.begin()
    world.turn()
    with pytest.raises(UnprocessableError, match=r"no strategy 'retyr'; there are .*retry"):
        say(world, "run", shadow, strategy="retyr")
    with world.database.transaction() as session:
        assert list(session.scalars(select(Recovery.id))) == [shadow]

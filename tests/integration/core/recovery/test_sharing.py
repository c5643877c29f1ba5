"""Several failures of one cause: what was done for one is looked at before it is done again."""

import pytest

from tests.integration.core.recovery.world import FAILURE, World

AUTO = """
[modes]
mend = "auto"
[use.restart]
action = "mend"
target = "pool:{component}"
[[rule]]
name = "mend"
strategies = ["restart", "escalate"]
"""
PROBE = '[verification]\nprobe = "http"\nwithin = 20\n'
SENDS = 'action = "resend_task"'
FREE = "[limits]\ncooldown = 0\n"


@pytest.fixture
def world(database, clock):
    return World(database, clock, policy=AUTO)


@pytest.fixture
def acted(world):
    """A recovery whose act is done and not yet proven."""
    recovery = world.begin()
    world.do_next()
    assert world.state(recovery) == "verifying"
    return recovery


def failed_before(world, **values):
    """The event of an issue whose recovery begins later."""
    event = world.event(world.issue(**values))
    world.clock.advance(1)
    return event


def test_what_came_after_the_last_failure_of_all_is_done_once(world):
    first, second, third = (world.begin() for _ in range(3))
    world.turn()
    assert len(world.mend.done) == 1
    assert [world.state(each) for each in (first, second, third)] == ["recovered"] * 3
    told = world.attempts(second)[-1]
    assert told.reason == f"mend on pool:checkout was done for recovery {first}"
    assert (told.state, told.evidence) == ("verified", {"recovery_id": str(first)})
    assert world.row(second).acted == 0


def test_it_is_looked_at_at_once_whatever_the_cool_down(world):
    event = failed_before(world)
    first = world.begin()
    world.do_next()
    second = world.plan(event)
    assert world.path(second) == ["planned", "verifying"]
    world.turn()
    assert (world.state(first), world.state(second)) == ("recovered", "recovered")


def test_an_explanation_says_whose_act_it_would_be(world):
    event = failed_before(world)
    first = world.begin()
    world.do_next()
    world.clock.advance(1)
    later = world.event(world.issue())
    with world.database.transaction() as session:
        told, alone = (world.engine.explain(session, each) for each in (event, later))
    assert told["chain"][0]["done_for"] == str(first)
    assert (alone["chain"][0]["done_for"], alone["chain"][0]["refused_by"]) == (None, "cooldown")


def test_who_fails_on_after_the_act_has_an_act_of_its_own(world, acted):
    world.clock.advance(1)
    issue = world.issue()
    second = world.plan(world.event(issue))
    assert world.steps(second) == [("restart", "refused")]
    while world.state(second) == "planned":
        while world.clock.now() < min(each.due_at for each in world.orders):
            world.clock.advance(2)
            world.event(issue)
        world.do_next()
    world.turn()
    assert len(world.mend.done) == 2
    assert world.state(second) == "recovered"


def test_a_call_that_hung_through_the_act_speaks_for_no_other(world, acted):
    world.clock.advance(1)
    second = world.begin()
    assert world.steps(second) == [("restart", "refused")]
    world.turn()
    assert len(world.mend.done) == 1
    assert world.steps(second) == [("restart", "refused"), ("restart", "verified")]


def test_an_act_of_long_ago_is_no_excuse(world, acted):
    world.turn()
    world.clock.advance(61)
    event = world.event(world.issue())
    world.clock.advance(10)
    assert world.state(world.plan(event)) == "acting"


def test_where_it_has_not_helped_the_act_is_not_taken_up_again(world):
    world.policy(AUTO + PROBE + FREE)
    world.health.healthy = False
    event = failed_before(world)
    world.begin()
    world.do_next()
    second = world.plan(event)
    world.turn()
    assert world.steps(second) == [("restart", "disproved"), ("restart", "skipped")]
    assert len(world.mend.done) == len(world.mend.undone) == 1
    assert world.state(second) == "escalated"


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (AUTO.replace('"auto"', '"off"'), "switched off"),
        (AUTO.replace('"auto"', '"shadow"'), "only tried dry"),
        (AUTO.replace("pool:{component}", "pool:other"), "another target"),
        (AUTO.replace("target =", 'arguments = { how = "hard" }\ntarget ='), "other arguments"),
    ],
)
def test_what_is_not_the_same_act_counts_for_nothing(world, policy, why):
    event = failed_before(world)
    world.begin()
    world.do_next()
    world.policy(policy)
    second = world.plan(event)
    assert "verifying" not in world.path(second), why


def test_an_act_that_failed_counts_for_nothing(world):
    event = failed_before(world)
    world.mend.fails = FAILURE
    world.begin()
    world.do_next()
    second = world.plan(event)
    assert world.steps(second) == [("restart", "refused")]


def test_who_was_to_be_asked_is_not_where_it_is_done_already(world):
    event = failed_before(world)
    world.begin()
    world.do_next()
    world.policy(AUTO.replace('"auto"', '"approve"'))
    second = world.plan(event)
    assert world.state(second) == "verifying"


def test_a_person_s_yes_is_carried_out(world):
    event = failed_before(world)
    world.policy(AUTO.replace('"auto"', '"approve"') + FREE)
    second = world.plan(event)
    assert world.state(second) == "awaiting_approval"
    world.policy(AUTO)
    world.begin()
    world.turn()
    world.clock.advance(60)
    with world.database.transaction() as session:
        world.engine.approve(session, second, by="ann", why="test")
    assert world.state(second) == "acting"


def test_work_is_sent_again_for_each_piece(world):
    sending = AUTO.replace("mend =", "resend_task =").replace('action = "mend"', SENDS)
    world.policy(sending + FREE)
    work = [{"replay": {"task": "orders.bill", "kwargs": {"order": each}}} for each in (17, 18)]
    pieces = [world.event(world.issue(), told=each) for each in work]
    world.clock.advance(1)
    first = world.plan(pieces[0])
    world.do_next()
    assert world.state(first) == "verifying"
    second = world.plan(pieces[1])
    world.turn()
    assert len(world.mend.done) == 2
    assert world.row(second).acted == 1

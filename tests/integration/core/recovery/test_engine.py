"""From an event to the end of its recovery, through real rows and an action that counts."""

import pytest
from sqlalchemy import select

from core.model import Signal
from core.store import signals as signal_rows
from core.store.signals import NewSignal, SignalKind
from tests.integration.core.recovery.world import FAILURE, LASTING, World

AUTO = """
[modes]
mend = "auto"
[limits]
cooldown = 0
[use.restart]
action = "mend"
target = "pool:{component}"
attempts = 2
[[rule]]
name = "mend"
strategies = ["restart", "escalate"]
"""


PROBE = '[verification]\nprobe = "http"\nwithin = 20\n'


@pytest.fixture
def world(database, clock):
    return World(database, clock, policy=AUTO)


def signals(world, kind):
    with world.database.transaction() as session:
        return session.scalars(select(Signal).where(Signal.kind == kind)).all()


def test_what_is_mended_and_seen_to_be_well_is_recovered(world):
    recovery = world.begin()
    assert world.state(recovery) == "acting"
    world.turn()
    assert world.path(recovery) == ["planned", "acting", "verifying", "recovered"]
    assert [order.target for order in world.mend.done] == ["pool:checkout"]
    (told,) = signals(world, SignalKind.RECOVERED)
    assert told.detail["recovery_id"] == str(recovery)


def test_what_does_not_mend_itself_is_escalated_at_once_and_nothing_is_tried(database, clock):
    world = World(database, clock)
    recovery = world.begin(category="validation", transient=False)
    assert world.path(recovery) == ["planned", "escalated"]
    assert not world.orders
    assert not world.mend.done
    assert signals(world, SignalKind.ESCALATED)[0].detail["reason"].startswith("validation")


def test_an_act_that_did_not_help_is_taken_back_and_tried_again_and_then_a_person_is_called(world):
    world.policy(AUTO + PROBE)
    world.health.healthy = False
    recovery = world.begin()
    world.turn()
    assert len(world.mend.done) == len(world.mend.undone) == 2
    assert world.mend.undone[0][1] == {"was": "broken"}
    once = ["acting", "verifying", "rolling_back", "rolled_back", "planned"]
    assert world.path(recovery) == ["planned", *once, *once, "escalated"]


def test_more_of_the_same_after_the_act_speaks_against_it(world):
    world.policy(AUTO + "[verification]\nwithin = 20\n")
    issue = world.issue()
    recovery = world.plan(world.event(issue))
    for _ in range(50):
        if world.row(recovery).ended_at:
            break
        world.do_next()
        world.plan(world.event(issue))
    assert world.state(recovery) == "escalated"
    assert "recovered" not in world.path(recovery)


def test_an_action_that_fails_is_tried_as_often_as_the_policy_says(world):
    world.mend.fails = FAILURE
    recovery = world.begin()
    world.turn()
    assert world.steps(recovery) == [("restart", "failed")] * 2 + [("restart", "skipped")]
    assert world.state(recovery) == "escalated"


def test_a_lasting_failure_of_the_action_is_not_tried_again(world):
    world.mend.fails = LASTING
    recovery = world.begin()
    world.turn()
    assert world.steps(recovery) == [("restart", "failed")]
    assert world.state(recovery) == "escalated"


def test_by_default_an_action_is_only_tried_dry(world):
    world.policy(AUTO.replace('mend = "auto"', ""))
    recovery = world.begin()
    world.turn()
    assert not world.mend.done
    assert len(world.mend.dry) == 1
    assert world.steps(recovery) == [("restart", "shadowed")]
    assert world.state(recovery) == "escalated"
    assert world.row(recovery).acted == 0


def test_what_is_only_reported_is_not_even_tried_dry(world):
    world.policy(AUTO.replace('"auto"', '"report"').replace('"restart", "escalate"', '"restart"'))
    recovery = world.begin()
    assert world.steps(recovery) == [("restart", "reported")]
    assert world.state(recovery) == "reported"
    assert not world.orders


def test_what_is_off_is_refused_as_a_row(world):
    world.policy(AUTO.replace('"auto"', '"off"'))
    (attempt,) = world.attempts(world.begin())
    assert (attempt.state, attempt.guard) == ("refused", "switched")


def test_a_client_that_tries_again_is_watched_and_needs_no_leave(database, clock):
    world = World(database, clock)
    recovery = world.begin(category="concurrency")
    world.turn()
    assert world.path(recovery) == ["planned", "verifying", "subsided"]
    assert world.steps(recovery) == [("retry", "unproven")]
    assert world.row(recovery).acted == 0
    assert "nobody told of a success" in world.row(recovery).reason


def test_what_is_watched_has_recovered_once_its_component_tells_of_a_success(database, clock):
    world = World(database, clock)
    world.succeeded("checkout")
    recovery = world.begin(category="concurrency")
    world.do_next()
    assert world.state(recovery) == "verifying"
    world.succeeded("checkout")
    world.turn()
    assert world.path(recovery) == ["planned", "verifying", "recovered"]
    assert world.steps(recovery) == [("retry", "verified")]


def test_a_success_before_it_failed_again_proves_nothing(database, clock):
    world = World(database, clock)
    issue = world.issue(category="concurrency")
    recovery = world.plan(world.event(issue))
    world.clock.advance(1)
    world.succeeded("checkout")
    world.plan(world.event(issue))
    world.turn()
    assert world.state(recovery) != "recovered"


def test_a_category_of_its_own_is_a_recovery_of_its_own(world):
    """Also while another one lives, and neither speaks against the other."""
    issue = world.issue()
    first = world.plan(world.event(issue))
    second = world.plan(world.event(issue, category="auth", transient=False))
    assert world.state(second) == "escalated"
    assert world.plan(world.event(issue, category="timeout")) not in {None, first}
    while not world.row(first).ended_at:
        world.do_next()
        world.event(issue, category="auth", transient=False)
    assert world.state(first) == "recovered"


def test_events_of_the_same_join_the_recovery_that_lives(world):
    issue = world.issue()
    recovery = world.plan(world.event(issue))
    assert world.plan(world.event(issue)) is None
    assert world.row(recovery).events == 2


def test_after_giving_up_the_same_is_left_alone_for_a_while(world):
    world.mend.fails = LASTING
    issue = world.issue()
    world.plan(world.event(issue))
    world.turn()
    world.clock.advance(1800)
    assert world.plan(world.event(issue)) is None
    world.clock.advance(1801)
    assert world.plan(world.event(issue)) is not None


def test_a_signal_that_cannot_be_understood_holds_up_no_other(world):
    event = world.event(world.issue())
    named = (SignalKind.RECOVERABLE, world.clock.now())
    with world.database.transaction() as session:
        told = [{"event_id": "no id"}, {"event_id": event.hex}]
        made = [NewSignal(world.project, None, *named, detail) for detail in told]
        signal_rows.add(session, made)
    assert world.engine.work(world.database).recoveries == 1
    assert world.engine.work(world.database).signals == 0
    assert world.state(*world.newest()) == "acting"


@pytest.mark.parametrize(
    ("limit", "state"),
    [("cooldown = 172_800", "planned"), ("most = 1\nwithin = 172_800", "escalated")],
)
def test_limits_of_more_than_a_day_hold_for_so_long(world, limit, state):
    world.policy(AUTO.replace("cooldown = 0", limit) + PROBE)
    world.health.healthy = "cooldown" in limit
    world.begin()
    world.turn()
    world.clock.advance(100_000)
    recovery = world.begin()
    assert (world.state(recovery), len(world.mend.done)) == (state, 1)
    world.clock.advance(100_000)
    world.orders.clear()
    assert world.state(world.begin()) == "acting"


def test_of_an_ignored_issue_nothing_is_made(world):
    assert world.begin(status="ignored") is None


def test_each_piece_of_work_is_a_recovery_of_its_own(world):
    world.policy('[modes]\nresend_task = "auto"\n')
    issue = world.issue()
    for number in (1, 2, 2):
        replay = {"task": "shop.pay", "queue": "shop", "args": [number]}
        world.plan(world.event(issue, told={"replay": replay}))
    world.turn()
    assert [order.arguments["args"] for order in world.mend.done] == [[1], [2]]
    assert {order.target.partition(":")[0] for order in world.mend.done} == {"operation"}


def test_work_that_fails_again_after_it_was_sent_is_sent_again_and_not_for_ever(world):
    world.policy('[modes]\nresend_task = "auto"\n')
    issue, told = world.issue(), {"replay": {"task": "shop.pay", "queue": "shop"}}
    recovery = world.plan(world.event(issue, told=told))
    for _ in range(500):
        if world.row(recovery).ended_at:
            break
        world.do_next()
        if world.state(recovery) == "verifying":
            world.plan(world.event(issue, told=told))
    assert world.state(recovery) == "escalated"
    assert len(world.mend.done) == 5  # six attempts of the kind, of which the first was its own
    assert len({order.idempotency_key for order in world.mend.done}) == 5


def test_work_whose_arguments_had_secrets_in_them_is_not_sent(world):
    world.policy('[modes]\nresend_task = "auto"\n')
    replay = {"task": "shop.pay", "queue": "shop", "args": ["[Filtered]"]}
    recovery = world.plan(world.event(world.issue(), told={"replay": replay}))
    world.turn()
    assert not world.mend.done
    assert world.state(recovery) == "escalated"
    assert "secrets" in world.attempts(recovery)[0].summary


def test_what_lasts_does_not_silence_what_passes_in_the_same_place(world):
    """One call of a service may be refused as not found, and a minute later as unavailable."""
    issue = world.issue()
    lasting = world.plan(world.event(issue, category="not_found", transient=False))
    world.turn()
    assert world.state(lasting) == "escalated"
    world.clock.advance(1)
    assert world.plan(world.event(issue, category="not_found", transient=False)) is None
    passing = world.plan(world.event(issue, category="unavailable"))
    assert world.state(passing) == "acting"

"""The same over real rows: whatever comes in, in whatever order, acts are counted and bounded."""

from datetime import timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.recovery.approving import NotWaitingError, StillRunningError
from tests.integration.core.recovery.world import FAILURE, World

MOST_A_DAY = 4
POLICY = f"""
[modes]
mend = "auto"
[limits]
cooldown = 1
most = 3
within = 60
most_a_day = {MOST_A_DAY}
quiet = 30
[verification]
probe = "http"
within = 9
[use.restart]
action = "mend"
target = "component:{{component}}"
attempts = 3
[use.fallback]
action = "mend"
target = "component:{{component}}"
mode = "approve"
[[rule]]
name = "all"
strategies = ["restart", "fallback", "escalate"]
"""
INPUTS = st.lists(
    st.sampled_from(
        [
            "event",
            "other",
            "next",
            "next",
            "again",
            "well",
            "ill",
            "fails",
            "works",
            "yes",
            "run",
            "sweep",
        ]
    ),
    min_size=10,
    max_size=40,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(INPUTS)
@example(["event", *["next"] * 6] * 8)
@example(["event", "other", *["next"] * 6] * 8)
def test_whatever_comes_in_acts_are_bounded_and_none_is_done_twice(database, clock, inputs):
    world = World(database, clock, policy=POLICY)
    issues, acts, last = {"event": world.issue(), "other": world.issue()}, [], None
    world.plan(world.event(issues["event"]))
    for what in inputs:
        last = happen(world, what, issues, last)
        acts += [clock.now()] * (len(world.mend.done) - len(acts))
    world.turn()
    assert not world.orders
    keys = [order.idempotency_key for order in world.mend.done]
    assert len(keys) == len(set(keys))
    for at in acts:
        assert sum(at - timedelta(days=1) < each <= at for each in acts) <= MOST_A_DAY


def happen(world, what, issues, last):
    """One input; the order that was carried out last, to be handed out once more."""
    world.clock.advance(20)
    if what in issues:
        world.plan(world.event(issues[what]))
    elif what == "next" and world.orders:
        last = min(world.orders, key=lambda each: each.due_at)
        world.do_next()
    elif what == "again" and last is not None:
        world.do(last)
    elif what in {"well", "ill"}:
        world.health.healthy = what == "well"
    elif what in {"fails", "works"}:
        world.mend.fails = FAILURE if what == "fails" else None
    elif what == "sweep":
        world.clock.advance(100)
        world.sweep()
    elif what in {"yes", "run"}:
        say(world, what)
    return last


def say(world, what):
    (newest,) = world.newest()
    with world.database.transaction() as session:
        word = world.engine.approve if what == "yes" else world.engine.run
        try:
            word(session, newest, by="ann", why="test")
        except (NotWaitingError, StillRunningError):
            session.rollback()

import pytest
from sqlalchemy import select

from core.model import Agent, AuditEntry
from core.recovery.action import ActionError
from core.recovery.actions.restart_pool import RestartPoolAction
from core.recovery.actions.scale_pool import ScalePoolAction
from core.store import agents, fleet
from core.store.fleet import Wish
from core.store.heartbeat import Heartbeat


@pytest.fixture(autouse=True)
def pool(database, clock):
    with database.transaction() as session:
        heartbeat = Heartbeat(pool="general", host="a", target=2, running=1, state="running")
        agents.report(session, heartbeat, now=clock.now())


@pytest.fixture
def restarts(database):
    def look():
        with database.transaction() as session:
            return session.scalars(select(Agent.restarts_asked)).all()

    return look


@pytest.fixture
def size(database, clock):
    def look():
        with database.transaction() as session:
            found = fleet.overrides(session, clock.now()).get("general")
            return found and (found.children, found.author)

    return look


def test_a_pool_is_restarted_once_however_often_it_is_ordered(once, clock, order, restarts):
    action = RestartPoolAction(once, clock)
    first = action.run(order("restart_pool", pool="general"))
    assert action.run(order("restart_pool", pool="general")) == first
    assert (restarts(), first.evidence) == ([1], {"hosts": ["a"]})
    action.run(order("restart_pool", pool="general", order_key="key-2"))
    assert restarts() == [2]


def test_a_dry_run_restarts_nothing(once, clock, order, restarts):
    RestartPoolAction(once, clock).run(order("restart_pool", pool="general", dry_run=True))
    assert restarts() == [0]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_pool_that_is_not_there_is_a_lasting_failure(once, clock, order, dry_run):
    with pytest.raises(ActionError, match="no pool 'other'") as caught:
        RestartPoolAction(once, clock).run(order("restart_pool", pool="other", dry_run=dry_run))
    assert caught.value.permanent


def test_a_size_holds_for_a_time_and_is_taken_back(once, clock, order, size, database):
    action = ScalePoolAction(once, clock)
    asked = order("scale_pool", pool="general", children=7, seconds=60)
    done = action.run(asked)
    assert size() == (7, "recovery")
    action.undo(asked, done.undo)
    assert size() is None
    with database.transaction() as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts == ["pool.scale", "pool.automatic"]


def test_the_size_that_an_operator_had_set_comes_back(once, clock, order, size, database):
    with database.transaction() as session:
        fleet.set_override(session, Wish("general", 3, "ada"), now=clock.now())
    action = ScalePoolAction(once, clock)
    asked = order("scale_pool", pool="general", children=7)
    done = action.run(asked)
    action.undo(asked, done.undo)
    assert size() == (3, "ada")


def test_the_size_that_an_operator_set_meanwhile_stays(once, clock, order, size, database):
    action = ScalePoolAction(once, clock)
    asked = order("scale_pool", pool="general", children=7)
    done = action.run(asked)
    with database.transaction() as session:
        fleet.set_override(session, Wish("general", 9, "ada"), now=clock.now())
    action.undo(asked, done.undo)
    assert size() == (9, "ada")


def test_a_size_ends_by_itself(once, clock, order, size):
    ScalePoolAction(once, clock).run(order("scale_pool", pool="general", children=7, seconds=60))
    clock.advance(61)
    assert size() is None

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.model import Agent, Signal
from core.store import agents, projects
from core.store.heartbeat import Heartbeat, Orders


def heartbeat(**changes):
    values = {"pool": "one", "host": "a", "target": 2, "running": 1, "state": "running"}
    return Heartbeat(**values | changes)


@pytest.fixture
def reported(database, clock):
    def report(told):
        with database.transaction() as session:
            return agents.report(session, told, now=clock.now())

    return report


def row(database):
    with database.transaction() as session:
        return session.scalars(select(Agent)).one()


def test_a_new_agent_begins_with_its_own_target(reported, database, clock):
    assert reported(heartbeat(detail={"children": 3})) == Orders(2, 0)
    found = row(database)
    assert (found.running, found.state, found.detail) == (1, "running", {"children": 3})
    assert found.seen_at == clock.now()


def test_afterwards_the_target_is_the_controllers(reported, database, clock):
    reported(heartbeat())
    with database.transaction() as session:
        session.scalars(select(Agent)).one().target = 4
    clock.advance(3)
    assert reported(heartbeat(target=2, running=2)) == Orders(4, 0)
    assert (row(database).running, row(database).seen_at) == (2, clock.now())


def test_a_host_that_starts_anew_has_nothing_running(reported, database):
    reported(heartbeat())
    with database.transaction() as session:
        agents.reset(session, "another")
    assert row(database).running == 1
    with database.transaction() as session:
        agents.reset(session, "a")
    assert (row(database).running, row(database).state) == (0, "starting")


def test_a_broken_pool_is_a_signal_of_our_own_project(database, clock):
    with database.transaction() as session:
        project, _key = projects.ensure(session, "mendline", now=clock.now())
        agents.raise_signal(
            session, agents.POOL_BROKEN, heartbeat(), project="mendline", now=clock.now()
        )
    with database.transaction() as session:
        found = session.scalars(select(Signal)).one()
    assert (found.kind, found.project_id, found.issue_id) == ("pool_broken", project.id, None)
    assert found.detail == {"pool": "one", "host": "a"}
    assert found.at - clock.now() == timedelta(0)


def test_without_our_own_project_there_is_no_signal(database, clock):
    with database.transaction() as session:
        agents.raise_signal(
            session, agents.POOL_BROKEN, heartbeat(), project="mendline", now=clock.now()
        )
        assert session.scalars(select(Signal)).all() == []


def test_a_restart_is_asked_of_all_hosts_or_of_one(reported, database):
    for host in ("a", "b"):
        reported(heartbeat(host=host))
    with database.transaction() as session:
        assert agents.ask_restart(session, "one") == ["a", "b"]
        assert agents.ask_restart(session, "one", "b") == ["b"]
        assert agents.ask_restart(session, "another") == []
    assert [reported(heartbeat(host=host)).restarts_asked for host in ("a", "b")] == [1, 2]


def test_hosts_that_are_gone_for_good_are_forgotten(reported, database, clock):
    reported(heartbeat(host="gone"))
    clock.advance(60)
    reported(heartbeat(host="here"))
    with database.transaction() as session:
        agents.forget(session, before=clock.now() - timedelta(seconds=30))
        assert [agent.host for agent in agents.every(session)] == ["here"]

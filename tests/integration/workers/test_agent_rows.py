import pytest
from sqlalchemy import select

from config.settings import Settings
from core.model import Agent, Signal
from core.store import projects
from core.store.heartbeat import Heartbeat, Orders
from workers.agent_rows import AgentRows


def heartbeat(state="running", **detail):
    return Heartbeat(pool="one", host="a", target=2, running=1, state=state, detail=detail)


@pytest.fixture
def rows(database_url, data_dir, clock):
    settings = Settings(database_url=database_url, data_dir=data_dir)
    rows = AgentRows(settings, "one", clock=clock)
    yield rows
    rows.close()


def test_a_heartbeat_is_a_row_and_brings_the_target(rows, database, clock):
    assert rows.report(heartbeat()) == Orders(2)
    with database.transaction() as session:
        assert session.scalars(select(Agent)).one().seen_at == clock.now()


def test_one_signal_for_each_time_that_a_pool_breaks(rows, database, clock):
    with database.transaction() as session:
        projects.ensure(session, "mendline", now=clock.now())
    for state in ("broken", "broken", "running", "broken"):
        rows.report(heartbeat(state))
    with database.transaction() as session:
        assert len(session.scalars(select(Signal)).all()) == 2


def test_one_signal_for_each_time_that_a_pool_leaks(rows, database, clock):
    with database.transaction() as session:
        projects.ensure(session, "mendline", now=clock.now())
    for leaks in (False, True, True):
        rows.report(heartbeat(leaks=leaks))
    with database.transaction() as session:
        assert [found.kind for found in session.scalars(select(Signal))] == ["pool_leaks"]


def test_while_the_database_is_away_there_is_no_target(data_dir):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    rows = AgentRows(Settings(database_url=nowhere, data_dir=data_dir), "one")
    assert rows.report(heartbeat()) is None
    rows.close()

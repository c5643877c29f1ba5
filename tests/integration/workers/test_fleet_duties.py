import pytest
from prometheus_client import REGISTRY

from core.model import Agent
from core.store.work import WorkOrder, add
from core.work.sender import MemorySender
from tasks.queues import Queue
from workers.collector import Collector
from workers.pools import load
from workers.targets import Targets


@pytest.fixture
def agent(database, clock):
    def write(target, pool="general"):
        with database.transaction() as session:
            session.add(
                Agent(pool=pool, host="h1", target=target, state="running", seen_at=clock.now())
            )

    return write


@pytest.fixture
def target(database):
    def read(pool="general"):
        with database.transaction() as session:
            return session.get(Agent, (pool, "h1")).target

    return read


@pytest.mark.parametrize(("set_to", "expected"), [(0, 1), (2, 2), (99, 4)])
def test_target_stays_within_the_limits_of_its_pool(database, agent, target, set_to, expected):
    agent(set_to)
    Targets(database, load()).write()
    assert target() == expected


def test_unknown_pool_is_left_alone(database, agent, target):
    agent(99, pool="other")
    Targets(database, load()).write()
    assert target("other") == 99


def gauge(name, **labels):
    return REGISTRY.get_sample_value(f"mendline_{name}", labels)


def test_what_waits_is_counted(database, clock):
    sender = MemorySender()
    with database.transaction() as session:
        add(session, WorkOrder("t.do", {}, "alerts"), clock.now())
    clock.advance(7)
    Collector(database, sender, clock).collect()
    assert gauge("queue_depth", queue="alerts") == 1
    assert gauge("queue_oldest_seconds", queue="alerts") == 7
    assert gauge("work_items", state="waiting") == 1
    assert gauge("deadletters_open") == 0
    assert {gauge("queue_depth", queue=str(queue)) for queue in Queue} == {0, 1}


def test_with_the_broker_away_the_rows_are_counted_all_the_same(database, clock):
    sender = MemorySender()
    sender.down = True
    Collector(database, sender, clock).collect()
    assert gauge("queue_depth", queue="alerts") == 0

from prometheus_client import REGISTRY

from core.store.work import WorkOrder, add
from core.work.sender import MemorySender
from tasks.queues import Queue
from workers.collector import Collector


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

from prometheus_client import REGISTRY

from core.model import Saga, Transaction
from core.store import breakers, retries
from core.store.retries import Count, Slot
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


def test_how_retries_and_sagas_end_is_counted(database, clock):
    now = clock.now()
    with database.transaction() as session:
        for attempt, tried, failed in ((2, 8, 2), (12, 1, 1), (13, 1, 1)):
            retries.add(session, [Count(Slot("timeout", "cart", attempt, now), tried, failed)])
        session.add(Transaction(name="x", kind="two_phase", state="committing", began_at=now))
        session.add(Saga(name="trip", state="stuck", steps=["a"], arguments={}, began_at=now))
    Collector(database, MemorySender(), clock).collect()
    assert gauge("retries", category="timeout", attempt="2", outcome="succeeded") == 6
    assert gauge("retries", category="timeout", attempt="10", outcome="failed") == 2
    assert gauge("retry_success_ratio", category="timeout") == 0.6
    assert gauge("transactions_in_doubt") == 1
    assert (gauge("sagas", state="stuck"), gauge("sagas", state="running")) == (1, 0)


def test_which_breakers_are_open_and_which_are_forced(database, clock):
    states = {"pay": "open", "mail": "forced_open", "bank": "forced_closed", "shop": "opening"}
    with database.transaction() as session:
        for name, state in states.items():
            breakers.ensure(session, name, project_id=None, now=clock.now()).state = state
    collector = Collector(database, MemorySender(), clock)
    collector.collect()
    shut = {name: gauge("breaker_open", breaker=name) for name in states}
    assert shut == {"pay": 1, "mail": 1, "bank": 0, "shop": 0}
    forced = {name: gauge("breaker_forced", breaker=name, state="open") for name in states}
    assert forced == {"pay": 0, "mail": 1, "bank": 0, "shop": 0}
    assert gauge("breaker_forced", breaker="bank", state="closed") == 1
    with database.transaction() as session:
        breakers.one(session, "mail").state = "closed"
    collector.collect()
    assert gauge("breaker_forced", breaker="mail", state="open") == 0
    assert gauge("breaker_open", breaker="mail") == 0

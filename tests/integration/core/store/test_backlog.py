from datetime import timedelta

import pytest
from sqlalchemy import text

from core.store import backlog
from core.store.backlog import Backlog
from core.store.work import WorkOrder, add


@pytest.fixture
def order(database, clock):
    def make(queue="alerts", *, age=0, state="waiting", parked=False, **fields):
        due = clock.now() - timedelta(seconds=age)
        with database.transaction() as session:
            made = add(session, WorkOrder("t.do", {}, queue, due_at=due, **fields), clock.now())
            change = "UPDATE work_items SET state = :state, parked = :parked WHERE id = :id"
            values = {"id": made.work_id, "state": state, "parked": parked}
            session.execute(text(change), values)

    return make


@pytest.fixture
def look(database, clock):
    def by_queue():
        with database.transaction() as session:
            return backlog.by_queue(session, clock.now())

    return by_queue


def ago(clock, seconds):
    return clock.now() - timedelta(seconds=seconds)


def test_nothing_waits(look):
    assert look() == {"analysis": Backlog()}


def test_rows_of_all_lanes_of_a_queue_count_and_the_oldest_tells_since_when(order, look, clock):
    order(age=10, priority=9)
    order(age=5, priority=0, target="mail")
    order(age=30, priority=4)
    order("fixes", age=1)
    assert look()["alerts"] == Backlog(3, ago(clock, 30))
    assert look()["fixes"] == Backlog(1, ago(clock, 1))


def test_what_is_due_later_does_not_wait_yet(order, look):
    order(age=-60)
    assert "alerts" not in look()


def test_parked_rows_wait_too(order, look, clock):
    order(age=10, parked=True, concurrency_key="tenant")
    order(age=5)
    assert look()["alerts"] == Backlog(2, ago(clock, 10))


def test_messages_count_for_the_age_and_not_for_the_number(order, look, clock):
    order(age=20, state="published")
    order(age=5)
    assert look()["alerts"] == Backlog(1, ago(clock, 20))


def test_running_rows_wait_for_nothing(order, look):
    order(age=20, state="running")
    assert "alerts" not in look()


def test_of_many_alike_no_more_are_counted_than_it_takes(order, look, clock, monkeypatch):
    monkeypatch.setattr(backlog, "MOST_COUNTED", 2)
    for age in (3, 9, 6):
        order(age=age)
    assert look()["alerts"] == Backlog(2, ago(clock, 9))

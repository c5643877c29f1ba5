from datetime import timedelta

import psycopg

from core.store.engine import libpq_url
from core.store.work import WAKE_CHANNEL, WorkOrder, add
from core.work.holds import hold, release
from core.work.states import State


def test_order_is_priority_then_due_time(order, ledger, sender, clock):
    due = clock.now() + timedelta(seconds=10)
    late = order(priority=3, due_at=due)
    early = order(priority=3, due_at=due - timedelta(seconds=1))
    urgent = order(priority=0, due_at=due)
    clock.advance(10)
    ledger.dispatch_due()
    assert [message.work_id for message in sender.messages] == [urgent, early, late]


def test_limit_is_respected_and_the_rest_comes_next(order, ledger, clock):
    for _ in range(5):
        order(due_at=clock.now() + timedelta(seconds=1))
    clock.advance(1)
    assert [ledger.dispatch_due(limit=3), ledger.dispatch_due(limit=3)] == [3, 2]


def test_held_target_waits_while_others_go_on(database, order, row, ledger, clock):
    with database.transaction() as session:
        hold(session, "mail", until=clock.now() + timedelta(minutes=1), reason="breaker open")
    held, free = order(target="mail"), order(target="chat")
    ledger.dispatch_due()
    assert (row(held).state, row(free).state) == (State.WAITING, State.PUBLISHED)
    clock.advance(61)
    ledger.dispatch_due()
    assert row(held).state == State.PUBLISHED


def test_released_target_goes_on_at_once(database, order, row, ledger, clock):
    with database.transaction() as session:
        hold(session, "mail", until=clock.now() + timedelta(minutes=1), reason="breaker open")
    held = order(target="mail")
    with database.transaction() as session:
        release(session, "mail")
    ledger.dispatch_due()
    assert row(held).state == State.PUBLISHED


def test_with_the_broker_away_the_row_waits(order, row, ledger, sender):
    sender.down = True
    work_id = order()
    assert row(work_id).state == State.WAITING
    assert ledger.dispatch_due() == 0
    sender.down = False
    assert ledger.dispatch_due() == 1
    assert len(sender.messages) == 1


def test_two_dispatchers_never_publish_a_row_twice(database, order, ledger, sender, clock):
    for _ in range(20):
        order(due_at=clock.now() + timedelta(seconds=1))
    clock.advance(1)
    with database.transaction() as session:
        order_by_hand = "SELECT id FROM work_items ORDER BY id LIMIT 5 FOR UPDATE"
        session.connection().exec_driver_sql(order_by_hand)
        assert ledger.dispatch_due() == 15
    assert ledger.dispatch_due() == 5
    assert len({message.work_id for message in sender.messages}) == 20


def test_work_that_nobody_sends_wakes_the_dispatcher(database, clock):
    with psycopg.connect(libpq_url(database.url), autocommit=True) as connection:
        connection.execute(f"LISTEN {WAKE_CHANNEL}")
        with database.transaction() as session:
            add(session, WorkOrder("t.do", {}, "alerts"), clock.now())
        assert len(list(connection.notifies(timeout=5, stop_after=1))) == 1

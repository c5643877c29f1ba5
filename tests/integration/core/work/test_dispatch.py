from datetime import timedelta

import psycopg

from core.store.engine import libpq_url
from core.store.work import WAKE_CHANNEL, WorkOrder, add
from core.work import keys
from core.work.holds import hold, release
from core.work.picking import AHEAD
from core.work.states import State

MANY = """
    INSERT INTO work_items (task, arguments, queue, priority, state, due_at, max_attempts,
        lease_seconds, created_at)
    SELECT 't.do', '{}', 'alerts', 9, 'waiting', '2026-03-01 11:59+00', 5, 30, now()
    FROM generate_series(1, 500)"""


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
        hold(
            session,
            "mail",
            "breaker",
            until=clock.now() + timedelta(minutes=1),
            reason="breaker open",
        )
    held, free = order(target="mail"), order(target="chat")
    ledger.dispatch_due()
    assert (row(held).state, row(free).state) == (State.WAITING, State.PUBLISHED)
    clock.advance(61)
    ledger.dispatch_due()
    assert row(held).state == State.PUBLISHED


def test_released_target_goes_on_at_once(database, order, row, ledger, clock):
    with database.transaction() as session:
        hold(
            session,
            "mail",
            "breaker",
            until=clock.now() + timedelta(minutes=1),
            reason="breaker open",
        )
    held = order(target="mail")
    with database.transaction() as session:
        release(session, "mail", "breaker")
    ledger.dispatch_due()
    assert row(held).state == State.PUBLISHED


def test_a_target_goes_on_when_the_last_of_its_holders_lets_go(database, order, row, ledger, clock):
    later = clock.now() + timedelta(minutes=1)
    with database.transaction() as session:
        hold(session, "mail", "quarantine", until=later, reason="poison")
        hold(session, "mail", "breaker", until=later, reason="open")
    held = order(target="mail")
    with database.transaction() as session:
        assert release(session, "mail", "breaker")
    ledger.dispatch_due()
    assert row(held).state == State.WAITING
    with database.transaction() as session:
        assert release(session, "mail", "quarantine")
        assert not release(session, "mail", "quarantine")
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


def test_no_more_than_a_window_is_ever_out_and_critical_work_is_not_behind_it(
    database, order, ledger, sender, clock
):
    with database.transaction() as session:
        session.connection().exec_driver_sql(MANY)
    while ledger.dispatch_round().more:
        pass
    assert len(sender.messages) == AHEAD
    critical = order(priority=0, due_at=clock.now() + timedelta(seconds=1))
    clock.advance(1)
    round_ = ledger.dispatch_round()
    assert (round_.sent, round_.blocked) == (1, True)
    assert sender.messages[-1].work_id == critical


def test_backlog_keeps_new_work_from_leaving_by_itself(database, order, row, ledger):
    with database.transaction() as session:
        session.connection().exec_driver_sql(MANY)
    ledger.dispatch_due()
    bulk, critical = order(queue="alerts", priority=8), order(queue="alerts", priority=1)
    assert (row(bulk).state, row(critical).state) == (State.WAITING, State.PUBLISHED)


def test_rows_of_a_full_key_do_not_hide_others(order, ledger, row, clock, monkeypatch):
    monkeypatch.setattr(keys, "PARKED_A_ROUND", 2)
    due = clock.now() + timedelta(seconds=1)
    for _ in range(9):
        order(concurrency_key="k", due_at=due)
    behind = order(due_at=due + timedelta(milliseconds=1))
    clock.advance(2)
    while ledger.dispatch_round(limit=2).more:
        pass
    assert row(behind).state == State.PUBLISHED


def test_waiting_earns_a_better_place_at_the_broker(order, ledger, sender, clock):
    order(priority=9, due_at=clock.now() + timedelta(seconds=1))
    clock.advance(1 + 5 * 60)
    ledger.dispatch_due()
    assert sender.messages[0].priority == 4


def test_message_sent_again_has_the_priority_earned_meanwhile(order, ledger, sender, row, clock):
    work_id = order(priority=9)
    sender.messages.clear()
    clock.advance(7 * 60)
    ledger.reconcile()
    assert (sender.messages[0].priority, row(work_id).band) == (3, 1)

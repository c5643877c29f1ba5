import pytest

from core.deadletters import LetterFilter, page
from core.work import lease
from core.work.states import State


def start(ledger, work_id, worker="w1"):
    return ledger.start(work_id, task="t.do", message_id="m", worker=worker)


def test_lost_message_is_sent_again(order, ledger, sender, clock):
    work_id = order()
    sender.messages.clear()
    clock.advance(5)
    assert ledger.reconcile().resent == 0
    clock.advance(6)
    assert ledger.reconcile().resent == 1
    assert sender.messages[0].work_id == work_id


def test_message_that_still_waits_in_its_queue_is_not_doubled(order, ledger, sender, clock):
    order()
    clock.advance(60)
    assert ledger.reconcile().resent == 0
    clock.advance(300)
    assert ledger.reconcile().resent == 1


def test_with_the_broker_away_nothing_is_resent(order, row, ledger, sender, clock):
    work_id = order()
    sender.messages.clear()
    sender.down = True
    clock.advance(60)
    assert ledger.reconcile().resent == 0
    assert row(work_id).state == State.PUBLISHED


def test_lost_lease_lets_the_row_wait_again(order, row, ledger, lose_lease):
    work_id = order()
    start(ledger, work_id)
    lose_lease(work_id)
    assert ledger.reconcile(settle=0).rescued == 1
    assert row(work_id).state == State.WAITING
    ledger.dispatch_due()
    assert start(ledger, work_id).attempt == 2


def test_after_a_restart_of_the_database_workers_get_time_to_renew(order, ledger, lose_lease):
    work_id = order()
    start(ledger, work_id)
    lose_lease(work_id)
    assert ledger.reconcile(settle=1_000_000).rescued == 0


def test_work_that_loses_every_worker_is_poison(database, order, row, ledger, lose_lease):
    work_id = order(max_attempts=2)
    for _ in range(2):
        start(ledger, work_id)
        lose_lease(work_id)
        done = ledger.reconcile(settle=0)
        ledger.dispatch_due()
    assert done.poisoned == 1
    assert row(work_id).state == State.DEAD
    with database.transaction() as session:
        (found,) = page(session, LetterFilter()).rows
    assert (found[0].reason, found[0].work_id, found[0].attempts) == ("poison", work_id, 2)


def test_renewed_lease_is_not_lost(database, order, ledger, lose_lease):
    work_id = order()
    start(ledger, work_id, "w1")
    lose_lease(work_id)
    with database.transaction() as session:
        assert lease.renew(session, "w1", [work_id]) == 1
    assert ledger.reconcile(settle=0).rescued == 0


def test_only_the_holder_renews(database, order, ledger):
    work_id = order()
    start(ledger, work_id, "w1")
    with database.transaction() as session:
        assert lease.renew(session, "w2", [work_id]) == 0


def test_abandoned_work_is_rescued_at_once_and_says_why(database, order, row, ledger, clock):
    work_id = order()
    start(ledger, work_id, "w1")
    with database.transaction() as session:
        lease.abandon(session, "w1", [work_id], reason="worker_lost", now=clock.now())
    assert ledger.reconcile(settle=0).rescued == 1
    assert row(work_id).history[0]["reason"] == "worker_lost"


@pytest.mark.parametrize("state", [State.DONE, State.CANCELLED, State.DEAD, State.WAITING])
def test_rows_in_other_states_are_left_alone(database, order, row, ledger, state):
    work_id = order()
    with database.transaction() as session:
        statement = f"UPDATE work_items SET state = '{state}', lease_until = 'epoch'"
        session.connection().exec_driver_sql(statement)
    ledger.reconcile(settle=0)
    assert row(work_id).state == state

"""At most so many of a key at once, whoever adds, ends, dies or forgets."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from core.errors import DependencyError, report
from core.store.engine import libpq_url
from core.store.work import WAKE_CHANNEL
from core.work.states import State


@pytest.fixture
def keyed(order):
    def add(key="tenant", limit=1, **options):
        return order(concurrency_key=key, concurrency_limit=limit, **options)

    return add


@pytest.fixture
def start(ledger):
    def start_one(work_id):
        return ledger.start(work_id, task="t.do", message_id="m", worker="w")

    return start_one


@pytest.fixture
def finish(database, ledger):
    def finish_one(started):
        with database.transaction() as session:
            ledger.finish(session, started)

    return finish_one


def states(row, ids):
    return [str(row(work_id).state) for work_id in ids]


def test_rows_beyond_the_limit_wait(keyed, ledger, row):
    ids = [keyed(limit=2) for _ in range(4)]
    assert ledger.dispatch_due() == 2
    assert states(row, ids) == ["published", "published", "waiting", "waiting"]
    assert ledger.dispatch_due() == 0


def test_the_end_of_one_lets_the_next_go(database, keyed, start, finish, ledger):
    first, _, _ = (keyed() for _ in range(3))
    ledger.dispatch_due()
    started = start(first)
    with psycopg.connect(libpq_url(database.url), autocommit=True) as connection:
        connection.execute(f"LISTEN {WAKE_CHANNEL}")
        finish(started)
        assert len(list(connection.notifies(timeout=5, stop_after=1))) == 1
    assert ledger.dispatch_round().sent == 1


def test_other_keys_and_rows_without_one_go_on(keyed, order, ledger, row):
    keyed()
    keyed()
    others = [keyed(key="other"), order()]
    ledger.dispatch_due()
    assert states(row, others) == ["published", "published"]


def test_a_retry_lets_another_go_meanwhile(keyed, start, ledger, row):
    first, second = keyed(), keyed()
    ledger.dispatch_due()
    ledger.retry(start(first), report(DependencyError()), delay=600)
    ledger.dispatch_due()
    assert states(row, [first, second]) == ["waiting", "published"]


def test_giving_up_lets_another_go(keyed, start, ledger, row):
    first, second = keyed(), keyed()
    ledger.dispatch_due()
    ledger.give_up(start(first), report(DependencyError()), reason="permanent")
    ledger.dispatch_due()
    assert states(row, [first, second]) == ["dead", "published"]


def test_cancelling_lets_another_go(database, keyed, ledger, row):
    first, second = keyed(), keyed()
    ledger.dispatch_due()
    with database.transaction() as session:
        assert ledger.cancel(session, first, reason="not wanted")
    ledger.dispatch_due()
    assert states(row, [first, second]) == ["cancelled", "published"]


def test_who_ends_and_who_takes_back_do_not_wait_for_each_other(
    database, keyed, start, ledger, row
):
    """One has the key and wants the next row, the other has that row and wants the key."""
    first, second, third = keyed(), keyed(), keyed()
    ledger.dispatch_due()
    failed, why = start(first), report(DependencyError())
    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        lock = text("SELECT FROM work_items WHERE id = :id FOR UPDATE")
        session.execute(lock, {"id": second})
        assert pool.submit(ledger.give_up, failed, why, reason="permanent").result(timeout=5)
        assert ledger.cancel(session, second, reason="not wanted")
    ledger.dispatch_due()
    assert states(row, [first, second, third]) == ["dead", "cancelled", "published"]


def test_poison_lets_another_go(keyed, start, ledger, row, lose_lease):
    first, second = keyed(max_attempts=1), keyed()
    ledger.dispatch_due()
    start(first)
    lose_lease(first)
    ledger.reconcile(settle=0)
    ledger.dispatch_due()
    assert states(row, [first, second]) == ["dead", "published"]


def test_more_urgent_rows_of_a_key_go_first(keyed, start, finish, ledger, row):
    ids = [keyed(priority=priority) for priority in (5, 9, 3, 0)]
    order_of_starts = []
    for _ in ids:
        ledger.dispatch_due()
        (out,) = [work_id for work_id in ids if row(work_id).state == State.PUBLISHED]
        order_of_starts.append(ids.index(out))
        finish(start(out))
    assert order_of_starts == [3, 2, 0, 1]


def test_a_limit_that_is_raised_counts_for_new_rows(keyed, ledger, row):
    first, second = keyed(limit=1), keyed(limit=3)
    ledger.dispatch_due()
    assert states(row, [first, second]) == ["published", "waiting"]


def test_a_parked_row_that_nobody_freed_is_found(database, keyed, ledger, row):
    first, second = keyed(), keyed()
    ledger.dispatch_due()
    with database.transaction() as session:
        session.execute(text("DELETE FROM work_items WHERE id = :id"), {"id": first})
    ledger.dispatch_due()
    assert row(second).parked
    ledger.reconcile()
    ledger.dispatch_due()
    assert row(second).state == State.PUBLISHED


def test_dispatchers_at_once_never_let_more_out(database, keyed, ledger, clock):
    for _ in range(30):
        keyed(limit=3, due_at=clock.now())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ledger.dispatch_due(), range(12)))
    with database.transaction() as session:
        out = session.scalar(text("SELECT count(*) FROM work_items WHERE state = 'published'"))
    assert out == 3

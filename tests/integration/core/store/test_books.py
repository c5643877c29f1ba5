import threading
import uuid
from datetime import date

import psycopg
import pytest

from core.model import InboxRow
from core.store import books
from core.store.books import Account, BookLine
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store

DAY = date(2026, 3, 1)


def line(account, count=1, *, project_id=7, reason="", day=DAY):
    return BookLine(day, project_id, account, reason, count)


def waiting(project_id=7):
    return InboxRow(
        project_id=project_id,
        event_id=uuid.uuid4(),
        received_at=NOW,
        kind=2,
        encoding=0,
        body=b"{}",
    )


def test_empty_books(session):
    totals = books.totals(session)
    assert (totals.received, totals.accepted, totals.pending, totals.rejected) == (0, 0, 0, {})


def test_nothing_to_post_is_nothing(session):
    books.post(session, [], writer=1)
    assert books.totals(session).received == 0


def test_lines_add_up_over_batches_and_writers(session):
    books.post(session, [line(Account.ACCEPTED, 2), line(Account.ACCEPTED, 3)], writer=1)
    books.post(session, [line(Account.ACCEPTED, 5)], writer=1)
    books.post(session, [line(Account.ACCEPTED, 7), line(Account.STORED, 1)], writer=2)
    totals = books.totals(session)
    assert (totals.accepted, totals.stored) == (17, 1)


def test_rejections_are_told_by_reason(session):
    books.post(
        session,
        [line(Account.REJECTED, 2, reason="rate_limited"), line(Account.REJECTED, reason="auth")],
        writer=1,
    )
    totals = books.totals(session)
    assert totals.rejected == {"auth": 1, "rate_limited": 2}
    assert totals.received == 3


def test_the_books_balance_with_what_waits(session):
    session.add_all([waiting(), waiting()])
    session.flush()
    books.post(session, [line(Account.ACCEPTED, 9), line(Account.STORED, 6)], writer=1)
    books.post(session, [line(Account.DUPLICATES, 1), line(Account.SKIPPED, 4)], writer=1)
    totals = books.totals(session)
    assert (totals.pending, totals.missing, totals.received) == (2, 0, 13)


def test_a_loss_shows(session):
    books.post(session, [line(Account.ACCEPTED, 3), line(Account.STORED, 2)], writer=1)
    assert books.totals(session).missing == 1


def test_a_project_has_its_own_books(session):
    session.add_all([waiting(7), waiting(8)])
    session.flush()
    books.post(session, [line(Account.ACCEPTED, 2), line(Account.ACCEPTED, 5, project_id=8)], 1)
    mine = books.totals(session, 8)
    assert (mine.accepted, mine.pending) == (5, 1)


def test_posting_is_part_of_the_transaction(session):
    with session.begin_nested() as inner:
        books.post(session, [line(Account.ACCEPTED)], writer=1)
        inner.rollback()
    assert books.totals(session).accepted == 0


def test_the_statement_serves_any_cursor(database):
    with psycopg.connect(database.url) as connection:
        values = books.parameters([line(Account.ACCEPTED, 4)], writer=3)
        connection.execute(books.SQL, values)
    with database.transaction() as session:
        assert books.totals(session).accepted == 4


def test_batches_in_any_order_do_not_lock_each_other_out(database):
    lines = [line(Account.ACCEPTED, project_id=n) for n in range(40)]

    def post(own):
        for _ in range(10):
            with database.transaction() as session:
                books.post(session, own, writer=1)

    threads = [threading.Thread(target=post, args=(o,)) for o in (lines, lines[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as session:
        assert books.totals(session).accepted == 800

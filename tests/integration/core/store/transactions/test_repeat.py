import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, InternalError

from core.delays import Fixed
from core.errors import Category, ForbiddenError, report
from core.model import Transaction
from core.store.engine import Isolation, Mode, after_commit
from core.store.transactions.repeat import Plan, RepeatedConflictError, carry_out

pytestmark = pytest.mark.store

AT_ONCE = Fixed(0)
SERIALIZABLE = Mode(Isolation.SERIALIZABLE)


def move(session, source, target, amount=1):
    """Reads before it writes, so that two of them get into each other's way."""
    for account, change in ((source, -amount), (target, amount)):
        now = session.scalar(text("SELECT amount FROM accounts WHERE id = :id"), {"id": account})
        values = {"id": account, "amount": now + change}
        session.execute(text("UPDATE accounts SET amount = :amount WHERE id = :id"), values)


def logged(database):
    with database.transaction() as session:
        return session.scalars(select(Transaction).order_by(Transaction.id)).all()


def interfering(database, body, times):
    """`body`, but as often as told another one commits between its reading and its writing."""
    left = [times]

    def with_interference(session):
        session.execute(text("SELECT * FROM accounts")).all()
        if left[0]:
            left[0] -= 1
            with database.transaction() as other:
                other.execute(text("UPDATE accounts SET amount = amount + 5 WHERE id = 1"))
        return body(session)

    return with_interference


def test_serialisation_failures_are_repeated_until_it_is_done(database, accounts):
    body = interfering(database, lambda session: move(session, 1, 2), times=3)
    carry_out(database, body, Plan("move", SERIALIZABLE, delay=AT_ONCE))
    assert accounts() == [24, 11]
    (entry,) = logged(database)
    assert (entry.name, entry.kind, entry.state, entry.attempts) == (
        "move",
        "local",
        "committed",
        4,
    )
    assert entry.seconds >= 0
    assert entry.error is None


def test_after_the_last_attempt_it_is_a_conflict_that_may_pass(database, accounts):
    body = interfering(database, lambda session: move(session, 1, 2), times=9)
    with pytest.raises(RepeatedConflictError) as raised:
        carry_out(database, body, Plan("move", SERIALIZABLE, attempts=2, delay=AT_ONCE))
    failed = report(raised.value)
    assert (failed.category, failed.permanent) == (Category.CONCURRENCY, False)
    assert accounts() == [20, 10]
    (entry,) = logged(database)
    assert (entry.state, entry.attempts, entry.error_code) == ("rolled_back", 2, "ML-DB-0005")


def test_a_deadlock_is_repeated(database, accounts):
    with database.transaction() as session:
        session.execute(text("ALTER SYSTEM RESET deadlock_timeout")) if False else None
    both = threading.Barrier(2, timeout=10)
    runs = []

    def update(first, second):
        def body(session):
            session.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
            runs.append(first)
            session.execute(text(f"UPDATE accounts SET amount = amount + 1 WHERE id = {first}"))
            if runs.count(first) == 1:
                both.wait()
            session.execute(text(f"UPDATE accounts SET amount = amount + 1 WHERE id = {second}"))

        return lambda: carry_out(database, body, Plan(delay=AT_ONCE))

    other = threading.Thread(target=update(2, 1))
    other.start()
    update(1, 2)()
    other.join()
    assert accounts() == [12, 12]
    assert len(runs) == 3


@pytest.mark.parametrize("error", [ForbiddenError("Not yours."), ValueError("secret 4711")])
def test_what_is_no_conflict_is_not_repeated(database, accounts, error):
    runs = []

    def body(session):
        move(session, 1, 2)
        runs.append(1)
        raise error

    with pytest.raises(type(error)):
        carry_out(database, body, Plan("refused", delay=AT_ONCE))
    assert (len(runs), accounts()) == (1, [10, 10])
    (entry,) = logged(database)
    assert (entry.state, entry.attempts) == ("rolled_back", 1)
    assert entry.error == ("Not yours." if isinstance(error, ForbiddenError) else "ValueError")


def test_no_value_of_a_statement_gets_into_the_log(database, accounts):
    def body(session):
        values = {"id": 1, "amount": 470815}
        session.execute(text("INSERT INTO accounts VALUES (:id, :amount)"), values)

    with pytest.raises(IntegrityError):
        carry_out(database, body, Plan("insert"))
    (entry,) = logged(database)
    assert entry.error == 'duplicate key value violates unique constraint "accounts_pkey"'
    assert accounts() == [10, 10]


def test_without_a_name_nothing_is_logged(database, accounts):
    carry_out(database, lambda session: move(session, 1, 2))
    assert (accounts(), logged(database)) == ([9, 11], [])


def test_only_the_attempt_that_counts_runs_its_hooks(database, accounts):
    told = []

    def body(session):
        after_commit(session, lambda: told.append(1))
        move(session, 1, 2)

    carry_out(
        database, interfering(database, body, times=2), Plan(mode=SERIALIZABLE, delay=AT_ONCE)
    )
    assert told == [1]


def test_one_that_only_reads_cannot_write(database, accounts):
    with pytest.raises(InternalError, match="read-only"):
        carry_out(database, lambda s: move(s, 1, 2), Plan("look", Mode(read_only=True)))
    carry_out(database, lambda s: move(s, 1, 2))
    assert accounts() == [9, 11]


@pytest.mark.parametrize("isolation", Isolation)
def test_a_mode_holds_for_its_transaction_only(database, isolation):
    def level(session):
        return session.scalar(text("SHOW transaction_isolation"))

    assert carry_out(database, level, Plan(mode=Mode(isolation))) == isolation.lower()
    assert carry_out(database, level) == "read committed"

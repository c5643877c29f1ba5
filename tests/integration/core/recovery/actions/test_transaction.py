"""Real conflicts of a real PostgreSQL."""

import threading

import psycopg
import pytest

from core.clock import SystemClock
from core.recovery.action import ActionError, Order
from core.recovery.actions.transaction import TransactionAction
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Connection, Transaction

MOVE = (
    "INSERT INTO moves (key) VALUES (%(idempotency_key)s) ON CONFLICT DO NOTHING",
    "UPDATE accounts SET amount = amount - %(amount)s WHERE id = 1",
    "UPDATE accounts SET amount = amount + %(amount)s WHERE id = 2",
)


@pytest.fixture
def url(databases):
    with databases.lent() as found:
        with psycopg.connect(found, autocommit=True) as connection:
            connection.execute("CREATE TABLE accounts (id int PRIMARY KEY, amount int)")
            connection.execute("CREATE TABLE moves (key text PRIMARY KEY)")
            connection.execute("INSERT INTO accounts VALUES (1, 100), (2, 100)")
        yield found


def action(url, statements=MOVE, **options):
    declared = {"move": Transaction("bank", tuple(statements), **options)}
    return TransactionAction(declared, {"bank": Connection(url)}, SystemClock())


def order(*, dry_run=False, **parameters):
    told = {"transaction": "move", "parameters": parameters}
    return Order("transaction", "db:bank", told, "key-1", 10.0, dry_run=dry_run)


def amounts(url):
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT amount FROM accounts ORDER BY id")]


def test_all_of_it_is_committed(url):
    done = action(url).run(order(amount=30))
    assert (amounts(url), done.evidence) == ([70, 130], {"attempts": 1, "rows": [1, 1, 1]})


def test_a_dry_run_changes_nothing(url):
    action(url).run(order(dry_run=True, amount=30))
    assert amounts(url) == [100, 100]


def test_the_victim_of_a_conflict_is_tried_again(url):
    """Another one changes the row between our reading and our writing, once."""
    statements = ("SELECT amount FROM accounts WHERE id = 1", "SELECT pg_sleep(0.2)", *MOVE)

    def change():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE accounts SET amount = amount + 1 WHERE id = 1")

    other = threading.Timer(0.1, change)
    other.start()
    done = action(url, statements).run(order(amount=30))
    other.join()
    assert (amounts(url), done.evidence["attempts"]) == ([71, 130], 2)


def test_what_cannot_be_done_changes_nothing(url):
    statements = (*MOVE, "INSERT INTO accounts VALUES (1, 1)")
    with pytest.raises(ActionError) as caught:
        action(url, statements).run(order(amount=30))
    assert caught.value.permanent
    assert amounts(url) == [100, 100]


def test_a_parameter_that_is_missing_is_told(url):
    with pytest.raises(ArgumentError, match="amount"):
        action(url).run(order())


def test_a_value_is_never_a_statement(url):
    with pytest.raises(ActionError):
        action(url).run(order(amount="1); DROP TABLE accounts; --"))
    assert amounts(url) == [100, 100]

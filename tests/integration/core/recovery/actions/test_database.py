"""Real sessions of a real PostgreSQL: one blocks, others wait, the right one is ended."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from core.recovery.action import ActionError, Order
from core.recovery.actions import database
from core.recovery.actions.database import DatabaseAction
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Connection


@pytest.fixture(scope="module")
def url(databases):
    with databases.lent() as found:
        with psycopg.connect(found, autocommit=True) as connection:
            connection.execute("CREATE TABLE stock (id int PRIMARY KEY, n int)")
            connection.execute("INSERT INTO stock VALUES (1, 1), (2, 1)")
        yield found


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(database, "PAUSE", 0.05)


@pytest.fixture
def action(url):
    return DatabaseAction({"shop": Connection(url)})


def order(*, dry_run=False, **arguments):
    told = {"database": "shop", "seconds": 0, **arguments}
    return Order("database", "db:shop", told, "key-1", 5.0, dry_run=dry_run)


@contextmanager
def session(url, name="app"):
    connection = psycopg.connect(url, application_name=name)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def waiting(url, statement="UPDATE stock SET n = n + 1 WHERE id = 1", *, number=1):
    """The `number`th session that waits for a lock; `ended` holds what became of it."""
    ended = []

    def wait():
        with session(url, "waiter") as connection:
            connection.execute("SET application_name = 'waiter'")
            ended.append(connection.execute(statement).rowcount)
            connection.commit()

    thread = threading.Thread(target=wait)
    thread.start()
    with psycopg.connect(url, autocommit=True) as look:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        while look.execute(asked).fetchone()[0] < number:
            time.sleep(0.01)
    yield ended
    thread.join(10)


def blocking(connection):
    connection.execute("UPDATE stock SET n = n + 1 WHERE id = 1")
    return connection.info.backend_pid


def test_the_session_that_others_wait_for_is_ended(url, action):
    with session(url) as blocker:
        pid = blocking(blocker)
        with waiting(url) as ended:
            done = action.run(order())
        assert ended == [1]
        assert (done.evidence["pid"], done.evidence["application"]) == (pid, "app")
        with pytest.raises(psycopg.OperationalError):
            blocker.execute("SELECT 1")


def test_a_dry_run_names_it_and_leaves_it(url, action):
    with session(url) as blocker:
        pid = blocking(blocker)
        with waiting(url) as ended:
            done = action.run(order(dry_run=True))
            assert (done.evidence["pid"], done.evidence["waiting"], ended) == (pid, 1, [])
            blocker.rollback()
        assert ended == [1]


BOTH = """
    DO $$ BEGIN
        UPDATE stock SET n = n + 1 WHERE id = 2; UPDATE stock SET n = n + 1 WHERE id = 1;
    END $$"""
THIRD = "UPDATE stock SET n = n + 1 WHERE id = 2"


def test_whoever_waits_and_blocks_is_not_the_one(url, action):
    """The first blocks the second, which blocks the third: only the first has to go."""
    with session(url) as first:
        pid = blocking(first)
        with waiting(url, BOTH), waiting(url, THIRD, number=2):
            assert action.run(order(active=True)).evidence["pid"] == pid


@pytest.mark.parametrize("told", [{"seconds": 60}, {"application": "other"}])
def test_who_does_not_fit_is_left(url, action, told):
    with session(url) as blocker:
        blocking(blocker)
        with waiting(url):
            assert action.run(order(**told)).evidence == {"waiting": 0}
            blocker.rollback()


def test_a_session_at_work_is_ended_only_where_that_is_said(url, action):
    with session(url) as blocker:
        blocking(blocker)

        def work():
            with pytest.raises(psycopg.OperationalError):
                blocker.execute("SELECT pg_sleep(20)")

        thread = threading.Thread(target=work)
        thread.start()
        with waiting(url):
            assert action.run(order()).evidence == {"waiting": 0}
            assert action.run(order(active=True)).evidence["state"] == "active"
        thread.join(10)


def test_who_just_gave_up_and_tries_again_is_waited_for(url, action, monkeypatch):
    monkeypatch.setattr(database, "PAUSE", 1.0)
    with session(url) as blocker, ThreadPoolExecutor(1) as pool:
        pid = blocking(blocker)
        running = pool.submit(action.run, order())
        with pytest.raises(TimeoutError):
            running.result(0.5)  # it has looked and found nobody who waits
        with waiting(url) as ended:
            assert running.result(30).evidence["pid"] == pid
        assert ended == [1]


def test_its_time_is_not_used_up_with_looking(action, monkeypatch):
    monkeypatch.setattr(database, "PAUSE", 3_600.0)
    running = replace(order(), timeout=1.0)
    assert action.run(running).evidence == {"waiting": 0}


def test_a_second_run_finds_nothing_to_do(action):
    assert action.run(order()).evidence == {"waiting": 0}


def test_what_is_not_declared_is_refused(action):
    with pytest.raises(ArgumentError, match="shop"):
        action.run(order(database="other"))
    with pytest.raises(ArgumentError, match="does not know query"):
        action.run(order(query="DROP TABLE stock"))


def test_a_server_that_is_away_is_a_passing_failure_without_its_password():
    away = DatabaseAction({"shop": Connection("postgresql://me:hunter22@127.0.0.1:1/shop")})
    with pytest.raises(ActionError) as caught:
        away.run(order())
    assert not caught.value.permanent
    assert "hunter22" not in str(caught.value)

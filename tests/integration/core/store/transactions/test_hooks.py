from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from core.store.engine import after_commit, after_rollback, savepoint

pytestmark = pytest.mark.store


class StopError(Exception):
    pass


@pytest.fixture
def told():
    return []


@contextmanager
def failing(scope, error=StopError):
    """Inside of it is what ends in that error."""
    with pytest.raises(error), scope as session:
        yield session


def wait_for_both(session, told, name):
    after_commit(session, lambda: told.append(f"{name} committed"))
    after_rollback(session, lambda: told.append(f"{name} rolled back"))


def test_a_commit_runs_what_waits_for_it_in_order(database, told):
    with database.transaction() as session:
        wait_for_both(session, told, "first")
        wait_for_both(session, told, "second")
        assert told == []
    assert told == ["first committed", "second committed"]


def test_a_rollback_runs_what_waits_for_that(database, told):
    with failing(database.transaction()) as session:
        wait_for_both(session, told, "all")
        raise StopError
    assert told == ["all rolled back"]


def test_a_failed_part_takes_along_only_what_waits_because_of_it(database, told):
    with database.transaction() as session:
        wait_for_both(session, told, "whole")
        with failing(savepoint(session)):
            wait_for_both(session, told, "part")
            raise StopError
        assert told == ["part rolled back"]
        wait_for_both(session, told, "rest")
    assert told == ["part rolled back", "whole committed", "rest committed"]


def test_one_that_raises_does_not_keep_back_the_others(database, told):
    def fail():
        raise StopError

    with failing(database.transaction()) as session:
        after_commit(session, fail)
        wait_for_both(session, told, "second")
    assert told == ["second committed"]


def test_a_commit_that_is_refused_is_a_rollback(database, told):
    with database.transaction() as session:
        session.execute(text("CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    with failing(database.transaction(), IntegrityError) as session:
        wait_for_both(session, told, "all")
        session.execute(text("INSERT INTO late VALUES (1), (1)"))
    assert told == ["all rolled back"]


def test_of_a_commit_whose_answer_was_lost_nobody_is_told_an_end(database, told):
    with database.transaction() as session:
        session.execute(
            text("""
                CREATE TABLE gone (id int);
                CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON gone
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang_up()""")
        )
    with failing(database.transaction(), OperationalError) as session:
        wait_for_both(session, told, "all")
        session.execute(text("INSERT INTO gone VALUES (1)"))
    assert told == []

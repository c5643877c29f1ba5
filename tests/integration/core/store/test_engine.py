import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.model import Project
from core.store import engine
from core.store.engine import Database, after_commit, driver_connection
from tests.integration.core.rows import NOW, add_project

pytestmark = pytest.mark.store


def names(database):
    with database.transaction() as session:
        return [project.name for project in session.query(Project)]


def test_what_waits_for_the_commit_sees_what_was_committed(database):
    seen = []
    with database.transaction() as session:
        add_project(session)
        after_commit(session, lambda: seen.append(names(database)))
        assert seen == []
    assert seen == [["shop"]]


def fails_after_adding(database, action):
    with database.transaction() as session:
        add_project(session)
        after_commit(session, action)
        raise ZeroDivisionError


def test_a_failure_rolls_back_and_nothing_follows(database):
    seen = []
    with pytest.raises(ZeroDivisionError):
        fails_after_adding(database, lambda: seen.append(1))
    assert (names(database), seen) == ([], [])


def test_the_driver_works_inside_the_same_transaction(database):
    with database.transaction() as session:
        add_project(session)
        found = driver_connection(session).execute("SELECT name FROM projects").fetchall()
    assert found == [("shop",)]


def test_times_come_back_in_utc_and_json_as_it_went(database):
    settings = {"größe": [1, 2.5, None, "😀"]}
    with database.transaction() as session:
        session.add(Project(name="shop", settings=settings, created_at=NOW))
    with database.transaction() as session:
        [project] = session.query(Project)
    assert (project.settings, project.created_at.isoformat()) == (settings, NOW.isoformat())


def test_forgetting_leaves_the_other_process_its_connection(database):
    with database.transaction() as session:
        theirs = driver_connection(session)
    database.forget()
    with database.transaction() as session:
        assert driver_connection(session).info.backend_pid != theirs.info.backend_pid
    assert theirs.execute("SELECT 1").fetchone() == (1,)
    theirs.close()


def test_connections_say_who_they_are(database_url):
    database = Database(database_url, application="mendline-test")
    with database.transaction() as session:
        assert session.execute(text("SHOW application_name")).scalar_one() == "mendline-test"
    database.dispose()


@pytest.mark.parametrize("written", ["postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_addresses_may_name_a_driver_or_not(written):
    assert engine.libpq_url(written) == "postgresql://u:p@h/d"
    assert engine.sqlalchemy_url(written).drivername == "postgresql+psycopg"


def test_values_are_not_in_the_messages_of_errors(database):
    statement = text("SELECT CAST(:secret AS text) || CAST(CHR(0) AS text)")
    with pytest.raises(DBAPIError) as error, database.transaction() as session:
        session.execute(statement, {"secret": "hunter2"})
    assert "hunter2" not in str(error.value)

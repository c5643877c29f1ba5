import pytest
from sqlalchemy.orm import Session

from core.store.engine import Database
from tests.integration.core.rows import add_project


@pytest.fixture(scope="session")
def shared_database(databases):
    """One database for all tests that leave nothing behind."""
    with databases.lent() as url:
        shared = Database(url, application="tests")
        yield shared
        shared.dispose()


@pytest.fixture
def session(shared_database):
    """A transaction that is rolled back in the end; tests with `database` have their own."""
    with shared_database.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, expire_on_commit=False) as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def project_id(session):
    return add_project(session)


@pytest.fixture
def committed_project(database):
    """A project that other connections see, too."""
    with database.transaction() as session:
        return add_project(session)

from types import SimpleNamespace

import pytest

from core.clock import SystemClock
from core.store import projects
from core.store.engine import Database
from tests.integration.web.intake.server import serving, settings


@pytest.fixture
def project(database):
    with database.transaction() as session:
        made, key = projects.create(session, "default", now=SystemClock().now())
        return SimpleNamespace(id=made.id, key=key.public_key)


@pytest.fixture(scope="module")
def shared_database(databases):
    """One database for all tests of a module: they only add to it."""
    with databases.lent() as url:
        found = Database(url, application="tests")
        yield found
        found.dispose()


@pytest.fixture(scope="module")
def shared(shared_database, tmp_path_factory):
    """A running intake with a project: `answers`, `project`, `key`, `rows()`, `books()`."""
    with shared_database.transaction() as session:
        made, key = projects.create(session, "default", now=SystemClock().now())
    folder = tmp_path_factory.mktemp("intake")
    with serving(settings(shared_database.url, folder)) as served:
        served.database = shared_database
        served.project = made.id
        served.key = key.public_key
        yield served

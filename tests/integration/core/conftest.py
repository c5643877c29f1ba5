import pytest

from tests.integration.core.rows import add_project


@pytest.fixture
def session(database):
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def project_id(session):
    return add_project(session)


@pytest.fixture
def committed_project(database):
    """A project that other connections see, too."""
    with database.transaction() as session:
        return add_project(session)

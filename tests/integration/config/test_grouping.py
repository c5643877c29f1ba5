import pytest

from config.grouping import carry_over
from core.grouping.progress import Carried
from tests.integration.core.rows import add_issue, add_project

SAID = "Issue keys of an older grouping: 2 looked at, 0 left."


@pytest.fixture
def old_keys(database):
    """Keys from before there were examples."""
    with database.transaction() as session:
        add_issue(session, add_project(session), keys=["a", "b"])


def test_keys_are_carried_once_and_it_is_said(database, old_keys):
    said = []
    done = carry_over(database.url, say=said.append)
    assert (done.issues, done.keys, said) == (1, 2, [SAID])
    assert carry_over(database.url, say=said.append) == Carried()
    assert said == [SAID]

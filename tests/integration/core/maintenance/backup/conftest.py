import pytest

from core.clock import SystemClock
from core.maintenance.backup import taking
from core.maintenance.backup.programs import Target
from core.maintenance.backup.sealing import Key
from core.maintenance.backup.taking import Taking
from tests.integration.core.rows import add_event, add_issue, add_project

KEY = Key(b"k" * 32)


@pytest.fixture
def filled(database):
    """A project with an issue and ten events of it."""
    with database.transaction() as session:
        issue = add_issue(session, add_project(session), keys=["one"])
        for _ in range(10):
            add_event(session, issue)
    return database


@pytest.fixture
def target(filled):
    return Target(filled.url)


@pytest.fixture
def how(tmp_path):
    return Taking(folder=tmp_path / "backups", clock=SystemClock())


@pytest.fixture
def backup(target, how):
    return taking.take(target, how)

from datetime import UTC, datetime

import pytest

from config.settings import Settings
from core.clock import FixedClock
from tasks.app import Application
from tasks.runtime import Runtime


@pytest.fixture
def runtime(database_url):
    app = Application("tests", set_as_current=False)
    runtime = Runtime(app, Settings(database_url=database_url))
    yield runtime
    runtime.database.dispose()
    app.close()


def test_what_is_due_goes_by_the_clock_of_the_database(runtime):
    runtime.clock = FixedClock(datetime(2001, 1, 1, tzinfo=UTC))
    assert runtime.ledger.later(60) > datetime.now(UTC)

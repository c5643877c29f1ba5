"""The bodies of the jobs, run in this process; what they do is tested where it is done."""

import pytest

from config.settings import Settings
from tasks.app import Application
from tasks.insight import correlate, crop, suggest
from tasks.runtime import Runtime
from tasks.schedule import JOBS
from tasks.work import Work


@pytest.fixture
def work(house_url, redis_server, tmp_path):
    settings = Settings(database_url=house_url, redis_url=redis_server, data_dir=tmp_path)
    application = Application("tests", set_as_current=False)
    runtime = Runtime(application, settings)
    with Work(runtime, "key") as work:
        yield work
    runtime.database.dispose()
    application.close()


def test_with_nothing_to_do_the_jobs_say_so(work):
    assert suggest.run(work) == {"shapes": 0, "suggestions": 0}
    assert correlate.run(work) == {"begun": 0, "continued": 0, "closed": 0}
    assert crop.run(work) == {"visitors": 0, "traces": 0, "values": 0}


def test_each_has_its_rhythm():
    tasks = {job.task: job.interval for job in JOBS}
    assert [tasks[each.name] for each in (suggest, correlate, crop)] == [60, 60, 300]

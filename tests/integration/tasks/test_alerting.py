"""The job that tells of alerts, run in this process with the file of an operator."""

import pytest
from sqlalchemy import select

from config.settings import Settings
from core.model import AlertGroup, Notification
from tasks.alerting import flush
from tasks.app import Application
from tasks.runtime import Runtime
from tasks.schedule import JOBS
from tasks.work import Work
from tests.integration.core.alerts.raising import fire

ROUTES = "channels: {ops: {type: console}}\nroute: {channels: [ops], group_wait: 0s}\n"


@pytest.fixture
def runtime(house_url, redis_server, tmp_path):
    (tmp_path / "alerts.yaml").write_text(ROUTES)
    settings = Settings(
        database_url=house_url,
        redis_url=redis_server,
        data_dir=tmp_path,
        alerts_file=tmp_path / "alerts.yaml",
    )
    application = Application("tests", set_as_current=False)
    runtime = Runtime(application, settings)
    yield runtime
    runtime.database.dispose()
    application.close()


def test_what_fires_is_told_with_the_first_run_that_may(runtime):
    with Work(runtime, "key") as work:
        fire(work.session, runtime.clock.now())
        done = flush.run(work)
    assert (done["changes"], done["groups"], done["notifications"]) == (1, 1, 1)
    with runtime.database.transaction() as session:
        assert session.scalars(select(Notification.channel)).all() == ["ops"]
        assert session.scalar(select(AlertGroup.flush_seq)) == 1


def test_it_has_its_rhythm():
    assert [job.interval for job in JOBS if job.task == flush.name] == [5]

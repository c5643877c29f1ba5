"""The whole platform on RabbitMQ, told so by one address."""

import httpx2
import pytest

from tasks.app import Application
from tasks.configuration import celery_settings
from tests.acceptance.platform import eventually, running

pytestmark = pytest.mark.rabbitmq


@pytest.fixture(scope="module")
def on_rabbitmq(tmp_path_factory, rabbitmq_server):
    data = tmp_path_factory.mktemp("rabbitmq") / "data"
    with running(data, env={"MENDLINE_BROKER_URL": rabbitmq_server}) as platform:
        yield platform


@pytest.fixture(scope="module")
def client(on_rabbitmq):
    with on_rabbitmq.api() as client:
        yield client


@pytest.fixture
def shop(on_rabbitmq, rabbitmq_server, monkeypatch):
    """Another application on the same broker, which names nothing but queues."""
    monkeypatch.setenv("MENDLINE_BROKER_URL", rabbitmq_server)
    monkeypatch.setenv("MENDLINE_DATA_DIR", str(on_rabbitmq.data_dir))
    application = Application("shop", set_as_current=False)
    settings = application.settings
    application.add_defaults(lambda: celery_settings(settings))
    yield application
    application.close()


def titles(client):
    return [issue["title"] for issue in client.get("/api/v1/issues").json()]


def test_errors_over_http_become_issues(on_rabbitmq, client):
    url = f"{on_rabbitmq.ready['api']}/k/{on_rabbitmq.dsn_key}/api/errors"
    assert httpx2.post(url, json={"error": "boom on rabbit"}, timeout=30).status_code == 200
    eventually(lambda: any("boom" in title for title in titles(client)))


def test_errors_over_the_broker_become_issues(on_rabbitmq, client, shop):
    told = {"error": "export failed", "component": "export", "dsn_key": on_rabbitmq.dsn_key}
    shop.send_task("intake.report", kwargs=told, queue="intake")
    eventually(lambda: any("export failed" in title for title in titles(client)))


def test_dead_letters_of_others_come_in_over_the_broker(client, shop):
    told = {"task": "shop.bill", "args": [1], "kwargs": {"a": 2}}
    shop.send_task("deadletter.capture", kwargs=told, queue="deadletter")
    letters = "/api/v1/deadletters"
    eventually(lambda: any(each["task"] == "shop.bill" for each in client.get(letters).json()))


def test_flower_sees_the_workers(on_rabbitmq):
    secret = on_rabbitmq.credentials
    auth = (secret["flower_user"], secret["flower_password"])
    workers = f"{on_rabbitmq.ready['flower']}/api/workers?refresh=1"
    found = eventually(lambda: httpx2.get(workers, auth=auth, timeout=30).json())
    assert any(name.startswith("ingest") for name in found)


def test_doctor_finds_nothing_wrong(on_rabbitmq):
    assert on_rabbitmq.mendline("doctor").returncode == 0

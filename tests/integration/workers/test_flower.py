"""The real Flower beside a real worker: it shows both, hides contents, and is shut to strangers."""

import json
import os
import signal
import subprocess
import sys
import time

import httpx2
import pytest

from workers.embedded.ports import free_port

USER, PASSWORD, SECRET = "ops", "a:pass word", "token-that-nobody-may-see"
WORKER = [sys.executable, "-m", "celery", "-A", "tasks.app", "worker", "-P", "solo", "-E"]
FLOWER = [sys.executable, "-m", "workers.flower"]
PAGES = (
    "/", "/workers", "/tasks", "/broker", "/metrics", "/healthcheck", "/api/workers", "/api/tasks",
    "/static/js/flower.js", "/login", "/nothing",
)  # fmt: skip


@pytest.fixture(scope="module")
def database_of_module(databases):
    with databases.lent() as url:
        yield url


@pytest.fixture(scope="module")
def environment(database_of_module, redis_server, tmp_path_factory):
    given = {name: value for name, value in os.environ.items() if not name.startswith("MENDLINE_")}
    return given | {
        "MENDLINE_DATABASE_URL": database_of_module,
        "MENDLINE_REDIS_URL": redis_server,
        "MENDLINE_DATA_DIR": str(tmp_path_factory.mktemp("flower")),
        "MENDLINE_FLOWER_USER": USER,
        "MENDLINE_FLOWER_PASSWORD": PASSWORD,
        "MENDLINE_FLOWER_PORT": str(free_port()),
    }


@pytest.fixture(scope="module")
def processes(environment, tmp_path_factory):
    """A worker and Flower; both end with the module."""
    log = (tmp_path_factory.mktemp("log") / "log").open("w+")
    commands = ([*WORKER, "-Q", "analysis", "-n", "one@flower-test"], FLOWER)
    started = [subprocess.Popen(each, env=environment, stderr=log, stdout=log) for each in commands]
    yield log
    for process in started:
        process.send_signal(signal.SIGTERM)
    codes = [process.wait(30) for process in started]
    log.close()
    assert codes == [0, 0]


@pytest.fixture(scope="module")
def flower(environment, processes):
    """Its pages, with the password, once it sees the worker."""
    url = f"http://127.0.0.1:{environment['MENDLINE_FLOWER_PORT']}"
    with httpx2.Client(base_url=url, auth=(USER, PASSWORD), timeout=20) as client:
        eventually(lambda: "one@flower-test" in text(client, "/api/workers?refresh=1"), processes)
        yield client


@pytest.fixture(scope="module")
def task_id(flower, environment, processes):
    """A task that has run and that Flower has heard of."""
    sent = send(environment, "analysis.digest", {"token": SECRET})
    eventually(lambda: tasks(flower).get(sent, {}).get("state") == "SUCCESS", processes)
    return sent


def send(environment, task, kwargs):
    program = (
        "import sys, json; from tasks.app import app;"
        "print(app.send_task(sys.argv[1], kwargs=json.loads(sys.argv[2]), queue='analysis').id)"
    )
    command = [sys.executable, "-c", program, task, json.dumps(kwargs)]
    return subprocess.check_output(command, env=environment, text=True).strip()


def tasks(flower):
    return flower.get("/api/tasks").json()


def text(client, path):
    try:
        return client.get(path).text
    except httpx2.TransportError:
        return ""


def eventually(look, log, *, within=60):
    deadline = time.monotonic() + within
    while not look():
        log.seek(0)
        assert time.monotonic() < deadline, log.read()[-3000:]
        time.sleep(0.3)


def test_it_shows_the_worker_and_the_finished_task(flower, task_id):
    assert "one@flower-test" in flower.get("/workers").text
    assert "analysis.digest" in flower.get(f"/task/{task_id}").text
    assert 'flower_worker_online{worker="one@flower-test"} 1.0' in flower.get("/metrics").text


def test_the_contents_of_tasks_are_shown_nowhere(flower, task_id):
    table = "/tasks/datatable?draw=1&start=0&length=9&order[0][column]=0&columns[0][data]=name"
    pages = ["/api/tasks", f"/api/task/info/{task_id}", f"/task/{task_id}", table]
    texts = [flower.get(page).text for page in [*pages, "/worker/one@flower-test"]]
    assert all("masked" in page for page in texts[:4])
    assert not [page for page in texts if SECRET in page]


def test_the_page_of_tasks_may_ask_for_its_rows_by_post(flower, task_id):
    form = {"draw": 1, "start": 0, "length": 9, "order[0][column]": 0, "columns[0][data]": "name"}
    answer = flower.post("/tasks/datatable", data=form)
    assert task_id in [row["uuid"] for row in answer.json()["data"]]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("auth", [None, (USER, "wrong"), ("", "")])
def test_strangers_see_nothing(flower, page, auth):
    answer = httpx2.get(flower.base_url.join(page), auth=auth)
    assert (answer.status_code, answer.text) == (401, "Access denied")


@pytest.mark.parametrize(
    "path",
    [
        "/api/worker/shutdown/one@flower-test",
        "/api/task/async-apply/analysis.digest",
        "/api/task/revoke/x",
        "/tasks",
        "/nothing",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(flower, method, path):
    assert flower.request(method, path).status_code == 403
    stranger = httpx2.request(method, flower.base_url.join(path))
    assert stranger.status_code == 401


@pytest.mark.parametrize("missing", ["MENDLINE_FLOWER_USER", "MENDLINE_FLOWER_PASSWORD"])
def test_without_a_password_it_does_not_start(environment, missing):
    without = {name: value for name, value in environment.items() if name != missing}
    ended = subprocess.run(
        FLOWER, check=False, env=without, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert json.loads(ended.stderr.splitlines()[-1])["code"] == "ML-CONF-0001"

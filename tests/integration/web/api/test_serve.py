"""The process as the Procfile starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx2
import psutil
import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.store import projects

STARTED_WITHIN = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, settings, log):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if "MENDLINE" not in name},
            "MENDLINE_DATABASE_URL": settings.database_url.get_secret_value(),
            "MENDLINE_REDIS_URL": settings.redis_url.get_secret_value(),
            "MENDLINE_DATA_DIR": str(settings.data_dir),
            "MENDLINE_PORT": str(self.port),
        }
        self.log = log
        self.process = None

    def start(self, **environment):
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "web.serve"], env=self.environment | environment, stderr=log
            )
        deadline = time.monotonic() + STARTED_WITHIN
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
        return self

    def answers(self):
        try:
            return httpx2.get(f"{self.url}/livez", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)


@pytest.fixture
def server(settings, tmp_path):
    server = Server(settings, tmp_path / "api.log")
    yield server
    if server.process is not None and server.process.poll() is None:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def dsn_key(database, project):
    with database.transaction() as session:
        return projects.current_key(session, project.id).public_key


def stored(settings):
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        return connection.execute("SELECT count(*) FROM inbox").fetchone()[0]


def half_a_request(server, path, body):
    """A request whose last byte is still to come."""
    link = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    link.sendall(head.encode() + body[:-1])
    return link


def test_a_request_under_way_is_answered_and_kept_when_the_process_ends(server, settings, dsn_key):
    server.start()
    body = b'{"error": "the last one"}'
    with half_a_request(server, f"/k/{dsn_key}/api/errors", body) as link:
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.process.poll() is None
        link.sendall(body[-1:])
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"processed":true' in answer
    assert server.stop() == 0, server.log.read_text()
    assert stored(settings) == 1


@pytest.fixture
def busy(server, tmp_path):
    """Two processes on one port that sum their metrics and log everything."""
    directory = tmp_path / "metrics"
    directory.mkdir()
    server.start(
        MENDLINE_API_WORKERS="2",
        PROMETHEUS_MULTIPROC_DIR=str(directory),
        MENDLINE_LOG_LEVEL="DEBUG",
    )
    with httpx2.Client(base_url=server.url) as http:
        yield http


def test_processes_share_port_books_metrics_log_and_may_be_lost(
    server, busy, settings, dsn_key, key
):
    error = {"type": "ConnectionResetError", "message": "Connection reset by peer"}
    path = f"/k/{dsn_key}/api/errors"
    answers = [busy.post(path, json={"error": error}).json() for _ in range(4)]
    refused = busy.post("/api/errors", json={"error": "x"}, headers={"X-Request-Id": "ci-9"})
    page = busy.get("/metrics").text
    stats = busy.get("/api/v1/stats", headers={"Authorization": f"Bearer {key('read')}"}).json()
    psutil.Process(server.process.pid).children()[0].kill()
    assert [httpx2.get(f"{server.url}/livez").status_code for _ in range(4)] == [200] * 4
    assert {answer["recovery_action"]["action"] for answer in answers} == {"retry"}
    assert refused.status_code == 401
    assert 'mendline_events_accepted_total{kind="http"} 4.0' in page
    assert 'mendline_events_rejected_total{reason="no_key"} 1.0' in page
    assert (stats["accepted"], stats["pending"]) == (4, 4)
    assert (server.stop(), stored(settings)) == (0, 4)
    log = server.log.read_text()
    events = {line["event"]: line for line in map(json.loads, log.splitlines())}
    assert events["intake.rejected"]["request_id"] == "ci-9"
    assert events["api.started"]["address"] == server.url
    assert "api.stopped" in events
    assert events["server.lost"]["signal"] == signal.SIGKILL
    assert dsn_key not in log


def test_it_serves_and_ends_while_the_database_is_away(server, settings):
    url = make_url(settings.database_url.get_secret_value()).set(port=1)
    address = url.render_as_string(hide_password=False)
    server.start(MENDLINE_DATABASE_URL=address)
    answer = httpx2.get(f"{server.url}/readyz", timeout=30)
    assert answer.status_code == 503
    assert "database" in answer.json()["missing"]
    assert server.stop() == 0


def test_without_addresses_it_says_so(server):
    environment = {
        name: value for name, value in server.environment.items() if name != "MENDLINE_DATABASE_URL"
    }
    done = subprocess.run(
        [sys.executable, "-m", "web.serve"],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert b"MENDLINE_DATABASE_URL" in done.stderr

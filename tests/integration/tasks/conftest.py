import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.work.ledger import Ledger
from tasks.app import Application
from tasks.configuration import celery_settings
from tasks.sender import CelerySender

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30


class Worker:
    """A real Celery worker process; its log is a file."""

    def __init__(self, name, environment, log, *, concurrency=1, queues=""):
        self.name = name
        self.log = log
        with log.open("ab") as lines:
            self.process = self._spawn(environment, lines, concurrency, queues)

    def _spawn(self, environment, lines, concurrency, queues):
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "tasks.app", "worker"),
                *("--include", "tests.integration.tasks.drills"),
                *("-n", self.name, "-c", str(concurrency), "-l", "INFO", "--without-mingle"),
                *(["-Q", queues] if queues else []),
            ],
            cwd=ROOT,
            env={**os.environ, **environment},
            stderr=lines,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_ready(self):
        wait_until(lambda: b" ready." in self.log.read_bytes(), self.log.read_text)
        return self

    def kill(self):
        """As the kernel would: main process and children at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def wait_until(condition, describe=lambda: "", patience=PATIENCE):
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {patience} s in vain: {describe()}")
        time.sleep(0.05)


@pytest.fixture
def environment(database_url, redis_client, redis_server, data_dir):
    return {
        "MENDLINE_DATABASE_URL": database_url,
        "MENDLINE_REDIS_URL": redis_server,
        "MENDLINE_DATA_DIR": str(data_dir),
        "MENDLINE_SECRET_KEY": "0" * 64,
    }


@pytest.fixture
def sender(environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    application = Application("tests", set_as_current=False)
    application.add_defaults(lambda: celery_settings(application.settings))
    yield CelerySender(application)
    application.close()


@pytest.fixture
def ledger(database, sender):
    return Ledger(database, sender, SystemClock())


@pytest.fixture
def effects(database):
    """Reads what the drills have committed, as {what: how often}."""
    with database.transaction() as session:
        session.execute(text("CREATE TABLE effects (id bigserial, what text)"))

    def read():
        with database.transaction() as session:
            rows = session.execute(text("SELECT what, count(*) FROM effects GROUP BY what"))
            return dict(rows.all())

    return read


@pytest.fixture
def start_worker(environment, effects, tmp_path):
    started = []

    def start(name="w1@test", **options):
        worker = Worker(name, environment, tmp_path / f"{name}-{len(started)}.log", **options)
        started.append(worker)
        return worker.wait_ready()

    yield start
    for worker in started:
        worker.stop()

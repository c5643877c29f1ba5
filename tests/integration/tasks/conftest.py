"""One database, one broker and mostly one worker for all tests of a module: starting is slow."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from sqlalchemy import make_url, select, text

from core.clock import SystemClock
from core.model import DeadLetter
from core.store.engine import Database
from core.store.work import WorkOrder, one
from core.work.ledger import Ledger
from tasks.app import Application
from tasks.configuration import celery_settings
from tasks.sender import CelerySender

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30


class Process:
    """A real process of ours; its log is a file."""

    def __init__(self, argv, environment, log):
        self.log = log
        with log.open("ab") as lines:
            self.process = subprocess.Popen(
                [sys.executable, *argv],
                cwd=ROOT,
                env={**os.environ, **environment},
                stderr=lines,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def says(self, words):
        wait_until(lambda: words in self.log.read_text(), self.log.read_text)
        return self

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def kill(self):
        """As the kernel would: main process and children at once."""
        self.signal(signal.SIGKILL)
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
    while not (found := condition()):
        if time.monotonic() > end:
            pytest.fail(f"waited {patience} s in vain: {describe()}")
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def house_url(databases):
    with databases.lent() as url:
        yield url


@pytest.fixture(scope="module")
def environment(house_url, redis_server, tmp_path_factory):
    broker = make_url(redis_server).set(database="7").render_as_string(hide_password=False)
    with redis.Redis.from_url(broker) as client:
        client.flushdb()
    return {
        "MENDLINE_DATABASE_URL": house_url,
        "MENDLINE_REDIS_URL": broker,
        "MENDLINE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "MENDLINE_SECRET_KEY": "0" * 64,
    }


@pytest.fixture(scope="module")
def database(house_url):
    database = Database(house_url, application="tests")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE effects (id bigserial, what text)"))
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def sender(environment):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        application = Application("tests", set_as_current=False)
        settings = application.settings
    application.add_defaults(lambda: celery_settings(settings))
    yield CelerySender(application)
    application.close()


@pytest.fixture(scope="module")
def ledger(database, sender):
    return Ledger(database, sender, SystemClock())


@pytest.fixture(scope="module")
def start(environment, tmp_path_factory):
    """Starts a process of ours by its arguments after `python -m`."""
    started = []

    def start_process(name, *argv, **more):
        log = tmp_path_factory.mktemp("log") / f"{name}.log"
        started.append(Process(["-m", *argv], environment | more, log))
        return started[-1]

    yield start_process
    for process in started:
        process.stop()


@pytest.fixture(scope="module")
def start_worker(start, database):
    def start_named(name, **more):
        arguments = ["-n", f"{name}@test", "-c", "2", "-l", "INFO", "--without-mingle"]
        include = ["--include", "tests.integration.tasks.drills,workers.announce"]
        worker = start(name, "celery", "-A", "tasks.app", "worker", *arguments, *include, **more)
        return worker.says(" ready.")

    return start_named


@pytest.fixture(scope="module")
def worker(start_worker):
    """The worker that the tests of a module share."""
    return start_worker("shared")


class House:
    """What the tests do to the platform and see of it."""

    def __init__(self, database, ledger, sender):
        self.database = database
        self.ledger = ledger
        self.sender = sender

    def order(self, task, *, queue="maintenance", max_attempts=5, lease_seconds=30, **arguments):
        order = WorkOrder(
            task,
            arguments,
            queue,
            max_attempts=max_attempts,
            lease_seconds=lease_seconds,
        )
        with self.database.transaction() as session:
            return self.ledger.add(session, order)

    def send(self, name, /, queue="intake", task_id=None, **kwargs):
        """As outsiders send."""
        self.sender._app.send_task(name, kwargs=kwargs, queue=queue, task_id=task_id)

    def row(self, work_id):
        with self.database.transaction() as session:
            return one(session, work_id)

    def reaches(self, work_id, state, act=lambda: None):
        def there():
            act()
            return self.row(work_id).state == state

        wait_until(there, lambda: dict(self.row(work_id)))
        return self.row(work_id)

    def fleet(self):
        """One round of what the fleet does all the time."""
        self.ledger.reconcile(settle=0)
        self.ledger.dispatch_due()

    def effects(self, what):
        """How often the effect has been committed."""
        with self.database.transaction() as session:
            return session.scalar(
                text("SELECT count(*) FROM effects WHERE what = :what"), {"what": what}
            )

    def letters(self, **fields):
        return self.rows(DeadLetter, **fields)

    def rows(self, model, **fields):
        with self.database.transaction() as session:
            return session.scalars(select(model).filter_by(**fields).order_by(model.id)).all()


@pytest.fixture(scope="module")
def house(database, ledger, sender):
    return House(database, ledger, sender)

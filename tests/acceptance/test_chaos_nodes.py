"""Crashes of a worker, of its child and of its broker, seen in its log and in the ledger."""

import os
import signal
from contextlib import closing

import psutil
import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.store.engine import Database
from core.work.ledger import Ledger
from tasks.app import Application
from tasks.configuration import celery_settings
from tasks.sender import CelerySender
from tests.acceptance.platform import eventually
from tests.chaos import loader
from tests.chaos.orders import Orders
from tests.chaos.targets import Target, by_target
from workers import pools
from workers.embedded.redis import EmbeddedRedis

pytest.importorskip("pytest_celery", reason="pytest-celery is not installed")

from pytest_celery import CeleryTestWorker, RedisTestBroker

from tests.chaos.nodes import LocalProcess, LocalRedis, LocalWorker

LEASE = 3


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    server = EmbeddedRedis(tmp_path_factory.mktemp("broker") / "redis", durable=False)
    process = LocalProcess(server.prepare, tmp_path_factory.mktemp("log") / "redis.log")
    node = RedisTestBroker(LocalRedis(process, server.url))
    assert node.ready()
    yield node
    node.teardown()


@pytest.fixture(scope="module")
def environment(databases, broker, tmp_path_factory):
    with databases.lent() as url:
        yield {
            "MENDLINE_DATABASE_URL": url,
            "MENDLINE_REDIS_URL": broker.container.url,
            "MENDLINE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "MENDLINE_SECRET_KEY": "0" * 64,
        }


@pytest.fixture(scope="module")
def app(environment):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        application = Application("drill", set_as_current=False)
        settings = application.settings
    application.add_defaults(lambda: celery_settings(settings))
    yield application
    application.close()


@pytest.fixture(scope="module")
def worker(environment, app, tmp_path_factory):
    pool = pools.find("general", pools.load())
    program = pool.worker(1, "drill", children=2).with_environment(environment | loader.ENVIRONMENT)
    log = tmp_path_factory.mktemp("log") / "worker.log"
    node = CeleryTestWorker(LocalWorker(LocalProcess(lambda: program, log)), app=app)
    node.wait_for_log("ready.")
    yield node
    node.teardown()


class Ledgered:
    """Work in the ledger, and the rounds that the fleet does over it."""

    def __init__(self, orders, ledger, database):
        self.orders = orders
        self._ledger = ledger
        self._database = database

    def decide(self, *, seconds=0.0):
        """One piece of work; its row."""
        return self.orders.one(seconds=seconds)

    def state(self, work_id):
        return self._row(work_id).state

    def history(self, work_id):
        return [entry["event"] for entry in self._row(work_id).history]

    def round(self):
        self._ledger.reconcile(settle=0)
        self._ledger.dispatch_due()

    def reaches(self, work_id, state):
        def there():
            self.round()
            return self.state(work_id) == state

        eventually(there)

    def _row(self, work_id):
        with self._database.transaction() as session:
            statement = text("SELECT state, history FROM work_items WHERE id = :id")
            return session.execute(statement, {"id": work_id}).one()


@pytest.fixture(scope="module")
def work(environment, app):
    database = Database(environment["MENDLINE_DATABASE_URL"], application="drill")
    with closing(Orders(database.url, rate=0, lease=LEASE)) as orders:
        orders.start()
        yield Ledgered(orders, Ledger(database, CelerySender(app), SystemClock()), database)
    database.dispose()


def children(worker):
    main = psutil.Process(worker.container._container.pid)
    return by_target([main, *main.children()])[Target.CHILD]


def test_a_killed_worker_is_restarted_and_its_work_taken_up(worker, work):
    work_id = work.decide(seconds=2)
    work.reaches(work_id, "running")
    worker.kill()
    worker.restart()
    work.reaches(work_id, "done")
    assert "lost" in work.history(work_id)


def test_a_killed_child_is_logged_and_replaced(worker, work):
    work_id = work.decide(seconds=3)
    work.reaches(work_id, "running")
    for child in children(worker):
        os.kill(child.pid, signal.SIGKILL)
    worker.assert_log_exists("exited with 'signal 9 (SIGKILL)'")
    work.reaches(work_id, "done")


def test_a_killed_broker_is_waited_for(worker, work, broker):
    broker.kill()
    worker.assert_log_exists("Trying again in")
    broker.restart()
    work.reaches(work.decide(), "done")


def test_nothing_was_done_twice(work):
    assert (work.orders.lost(), work.orders.doubled()) == ([], [])
    assert work.orders.finished() == 3

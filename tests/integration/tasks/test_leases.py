"""What runs is held on to as long as its worker lives, whatever else happens to that worker."""

import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.chaos.proxy import Proxy
from tests.integration.tasks.conftest import wait_until
from workers.exchange import VARIABLE, Exchange

# Longer than a lease lasts that is not renewed.
LEASE, LONG = 8, 14


@pytest.fixture
def running(house, start_worker):
    """Work that takes longer than its lease, just begun, and the worker that is at it."""

    @contextmanager
    def begun(name, **environment):
        worker = start_worker(name, **environment)
        work_id = house.order("drill.slow", what=name, seconds=LONG, lease_seconds=LEASE)
        house.reaches(work_id, "running")
        yield worker, work_id
        worker.stop()

    return begun


def ends_at_once(house, work_id, what):
    """Nobody took it over meanwhile."""
    done = house.reaches(work_id, "done", lambda: house.ledger.reconcile(settle=0))
    return (done.attempt, done.history, house.effects(what)) == (1, [], 1)


def test_a_worker_that_drains_keeps_its_leases(house, running):
    with running("draining") as (worker, work_id):
        worker.process.terminate()
        assert ends_at_once(house, work_id, "draining")
        assert worker.process.wait(20) == 0


def test_a_worker_without_its_broker_keeps_its_leases(house, running, environment, tmp_path):
    """Nor does its agent take it for one that is stuck."""
    address = urlsplit(environment["MENDLINE_REDIS_URL"])
    exchange = Exchange(tmp_path / "alone-1")
    with Proxy(address.hostname, address.port) as proxy:
        behind = address._replace(netloc=address.netloc.replace(str(address.port), str(proxy.port)))
        more = {"MENDLINE_BROKER_URL": behind.geturl(), VARIABLE: str(exchange.stem)}
        with running("alone", **more) as (worker, work_id):
            wait_until(exchange.told)
            proxy.reset()
            worker.says("Cannot connect to")
            before = time.monotonic()
            assert ends_at_once(house, work_id, "alone")
            assert exchange.told().at > before
            proxy.heal()
            wait_until(lambda: worker.log.read_text().count("Connected to") > 1)

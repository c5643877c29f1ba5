"""Three hosts with workers on one PostgreSQL and one Redis: one is cut off, one dies under load."""

import os
import sys
from contextlib import ExitStack, closing
from types import SimpleNamespace

import psycopg
import pytest

from core.store import schema
from tests.acceptance.platform import eventually
from tests.chaos import loader
from tests.chaos.fault import ImpossibleError
from tests.chaos.hosts import Network
from tests.chaos.orders import Orders
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

NAMES = ("first", "cut", "dead")
LEASE = 6
AGENT = (sys.executable, "-m", "workers.agent", "general")
FLEET = (sys.executable, "-m", "workers.controller")


@pytest.fixture(scope="module")
def network():
    try:
        with Network() as network:
            network.spaces = {name: network.host(name) for name in NAMES}
            yield network
    except ImpossibleError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def stores(network, tmp_path_factory):
    """Servers that other hosts can reach, by the address of the bridge."""
    folder = tmp_path_factory.mktemp("stores")
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    redis = EmbeddedRedis(folder / "redis", durable=False)
    with ExitStack() as stack:
        listen_on(network.address, postgres, redis)
        addresses = [stack.enter_context(running(server)) for server in (postgres, redis)]
        schema.upgrade(addresses[0])
        yield SimpleNamespace(
            database=addresses[0],
            environment={
                f"MENDLINE_{name}_URL": url.replace("127.0.0.1", network.address)
                for name, url in zip(("DATABASE", "REDIS"), addresses, strict=True)
            },
        )


def listen_on(address, postgres, redis):
    postgres.create()
    redis.create()
    access = postgres.home.folder / "access.conf"
    access.write_text("host all all samenet scram-sha-256\n")
    custom = postgres.home.folder / "custom.conf"
    custom.write_text(f"listen_addresses = '127.0.0.1,{address}'\nhba_file = '{access}'\n")
    (redis.directory / "custom.conf").write_text(f"bind 127.0.0.1 {address}\n")
    if postgres.home.identity.user is not None:
        for path in (access, custom):
            os.chown(path, postgres.home.identity.user, postgres.home.identity.group)


@pytest.fixture(scope="module")
def fleet(network, stores, tmp_path_factory):
    """An agent on each host, and the controller on the first."""
    folder = tmp_path_factory.mktemp("hosts")
    with psycopg.connect(stores.database, autocommit=True) as connection:
        for name, host in network.spaces.items():
            own = {"MENDLINE_DATA_DIR": str(folder / name), "MENDLINE_SECRET_KEY": "0" * 64}
            environment = stores.environment | loader.ENVIRONMENT | own
            host.start(AGENT, environment=environment, log=folder / f"{name}.log")
            if name == "first":
                host.start(FLEET, environment=environment, log=folder / "fleet.log")
        state = "SELECT count(*) FROM agents WHERE running >= target AND target > 0"
        eventually(lambda: connection.execute(state).fetchone()[0] == len(NAMES))
        yield connection


@pytest.fixture(scope="module")
def story(network, stores, fleet):
    """What happened, in order; looked at when it is over."""
    told = SimpleNamespace()
    with closing(Orders(stores.database, rate=12, seconds=0.25, lease=LEASE)) as orders:
        orders.start()
        try:
            tell(told, network, fleet)
        finally:
            orders.stop()
        eventually(lambda: orders.under_way() == 0)
        told.lost, told.doubled = orders.lost(), orders.doubled()
        told.ends, told.decided = orders.ends(), len(orders.confirmed)
    return told


def tell(told, network, fleet):
    def finished(host):
        statement = "SELECT count(*) FROM chaos.effects WHERE worker LIKE %s"
        return fleet.execute(statement, [f"%@{host}"]).fetchone()[0]

    def held():
        statement = (
            "SELECT count(*) FROM work_items WHERE state = 'running'"
            " AND (leased_by LIKE '%@cut' OR leased_by LIKE '%@dead')"
        )
        return fleet.execute(statement).fetchone()[0]

    eventually(lambda: all(finished(host) for host in NAMES))
    told.held = eventually(held)
    network.spaces["cut"].cut()
    network.spaces["dead"].kill()
    first = finished("first")
    eventually(lambda: held() == 0)
    told.rescued = fleet.execute(
        'SELECT count(*) FROM work_items WHERE history @> \'[{"event": "lost"}]\''
    ).fetchone()[0]
    told.went_on = finished("first") - first
    before = finished("cut")
    network.spaces["cut"].join()
    told.rejoined = eventually(lambda: finished("cut") > before + 2)


def test_the_work_of_lost_hosts_is_rescued(story):
    assert story.held > 0
    assert story.rescued > 0


def test_work_goes_on_meanwhile(story):
    assert story.went_on > 0


def test_a_host_that_was_cut_off_rejoins(story):
    assert story.rejoined


def test_nothing_is_lost_and_nothing_done_twice(story):
    assert (story.lost, story.doubled) == ([], [])
    assert story.ends == {"done": story.decided}

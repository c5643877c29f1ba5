"""What the faults are done to: a running platform, and a shop with servers and workers."""

import os
import subprocess
import sys
import threading
import uuid
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import orjson
import psycopg

from core.outbound.signing import new_secret
from tests.acceptance.platform import eventually, running
from tests.chaos.recovery.caller import Caller
from tests.chaos.recovery.declarations import ACTIONS, POLICY
from tests.chaos.recovery.dependency import Dependency
from tests.chaos.recovery.shop import TABLES, Shop, Switches
from tests.chaos.servers import Kept, kept
from workers.embedded import server as embedded
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis


@dataclass
class Ground:
    """`api` has the key of an operator; all else is what the shop itself has."""

    api: httpx2.Client
    project: str
    dsn: str
    shop: Shop
    servers: "Servers"
    caller: Caller
    switches: Switches
    environment: dict
    dependency: Dependency | None = None
    folder: Path | None = None
    worker: "Worker | None" = None
    stack: ExitStack = field(default_factory=ExitStack)

    def policy(self, content, *, component=""):
        answer = self.api.put(
            f"/api/v1/policies/{self.project}/current",
            params={"component": component},
            json={"content": content},
        )
        assert answer.status_code == 200, answer.text

    def get(self, path, **parameters):
        answer = self.api.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def recoveries(self, component):
        """Oldest first."""
        found = self.get("recoveries", component=component, limit=100)
        return sorted(found, key=lambda each: int(each["id"]))

    def attempts(self, recovery):
        return self.get(f"recoveries/{recovery['id']}")["attempts"]

    def acquire(self, breaker):
        """Whether its breaker lets a call through."""
        answer = self.api.post(f"/api/v1/breakers/{breaker}/acquire")
        return answer.json()["permitted"]

    def employ(self):
        """The worker takes seconds to start; only faults that need it wait for it."""
        if self.worker is None:
            self.worker = self.stack.enter_context(Worker(self.environment, self.folder))
        return self.worker


class Worker:
    """Started again whenever it ends, as a service manager does it."""

    def __init__(self, environment, folder):
        self._environment, self._folder = environment, folder
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep)
        self.starts = 0
        self._process = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _keep(self):
        while not self._end.is_set():
            self._process = self._started()
            while not self._end.is_set() and self._process.poll() is None:
                self._end.wait(0.1)
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()

    def _started(self):
        self.starts += 1
        command = [sys.executable, "-m", "celery", "-A", "tests.chaos.recovery.worker", "worker"]
        options = ["-Q", "shop", "-c", "1", "-n", "shop@here", "--without-mingle"]
        pid = self._folder / "worker.pid"
        pid.unlink(missing_ok=True)
        with (self._folder / "worker.log").open("ab") as log:
            return subprocess.Popen(
                [*command, *options, "--without-gossip", "--pidfile", str(pid)],
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )


@contextmanager
def ground(folder):
    """Everything is gone with the end of the block."""
    with ExitStack() as stack:
        servers = stack.enter_context(_servers(folder))
        address = servers.admin_url.partition("@")[2]
        shop = Shop(f"postgresql://shop:opens@{address}", servers.cache_url, new_secret())
        environment = _environment(_declared(folder, shop), servers, shop.secret)
        platform = stack.enter_context(running(folder / "data", env=environment, measured=False))
        made = stack.enter_context(_opened(platform, folder, shop, servers))
        made.policy(POLICY)
        yield made


@contextmanager
def lean(platform, folder):
    """On a platform that runs, in a project of its own, and without servers of the shop."""
    shop = Shop(None, None, new_secret())
    with _opened(platform, folder, shop, Servers(None, None, None, "memory://")) as made:
        yield made


@contextmanager
def _opened(platform, folder, shop, servers):
    own = folder / "shop"
    own.mkdir(parents=True)
    with platform.api() as api, shop, Dependency() as dependency:
        made = _made(platform, api, shop, servers)
        made.dependency, made.folder = dependency, own
        made.environment["SHOP_FOLDER"] = str(own)
        with made.stack:
            yield made


@dataclass(frozen=True)
class Servers:
    keeper: Kept
    admin_url: str
    cache_url: str
    broker_url: str


@contextmanager
def _servers(folder):
    database = EmbeddedPostgres(folder / "shop-postgres", durable=False)
    cache, broker = (EmbeddedRedis(folder / f"shop-{name}") for name in ("cache", "broker"))
    with kept(database) as keeper, embedded.running(cache), embedded.running(broker):
        admin_url = database.ensure_database("shop")
        with psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute(TABLES)
        yield Servers(keeper, admin_url, cache.url, broker.url)


def _made(platform, api, shop, servers):
    """In a project of its own, with a key such as applications have."""
    project = _created(api, "projects", name=f"shop-{uuid.uuid4().hex[:6]}")
    key = _created(api, "keys", role="ingest", project=project["id"])["key"]
    address = platform.ready["api"]
    dsn_key = project["dsn"].split("//")[1].split("@")[0]
    url = f"{address}/k/{dsn_key}"
    environment = {
        **os.environ,
        "SHOP_BROKER": servers.broker_url,
        "SHOP_DATABASE_URL": shop.database_url or "",
        "ERROR_MANAGER_URL": url,
        "DSN_KEY": dsn_key,
        "MENDLINE_URL": address,
        "MENDLINE_KEY": key,
        "MENDLINE_BROKER_URL": platform.credentials["redis_url"],
    }
    return Ground(
        api=api,
        project=project["id"],
        dsn=project["dsn"],
        shop=shop,
        servers=servers,
        caller=Caller(url),
        switches=Switches(address, key),
        environment=environment,
    )


def _created(api, what, **wanted):
    answer = api.post(f"/api/v1/{what}", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _declared(folder, shop):
    file = folder / "actions.toml"
    places = {"shop": f"http://127.0.0.1:{shop.port}", "folder": folder / "shop"}
    file.write_text(ACTIONS.format(**places))
    file.chmod(0o600)
    return file


def _environment(declared, servers, secret):
    """All that an operator sets besides, and nothing else."""
    return {
        "MENDLINE_ACTIONS_FILE": str(declared),
        "MENDLINE_OUTBOUND_ALLOW": '["127.0.0.1"]',
        "MENDLINE_BROKERS": orjson.dumps({"shop": servers.broker_url}).decode(),
        "SHOP_DATABASE": servers.admin_url,
        "SHOP_CACHE": servers.cache_url,
        "SHOP_SECRET": secret,
    }


def in_time(look, *, within=60.0):
    """What did not come true in time is none, and no error."""
    with suppress(AssertionError):
        return eventually(look, within=within, every=0.2)
    return None

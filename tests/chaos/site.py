"""What a drill works on: a platform, and around it all that faults need to get at it."""

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from config import machine
from tests.acceptance.platform import Platform, running
from tests.chaos import loader
from tests.chaos.clock import SharedClock
from tests.chaos.fault import ImpossibleError
from tests.chaos.orders import Orders
from tests.chaos.proxy import Proxy
from tests.chaos.servers import Kept, kept, rabbitmq
from tests.chaos.targets import Target, by_target
from workers import pools
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis

SMALL_DISK_MEGABYTES = 700
MOST_MEMORY = 4 * 2**30
# Of the spare memory; the marks lie between what is in use and what the fault will take.
HIGH, CRITICAL = 0.5, 0.75


@dataclass(frozen=True)
class Around:
    """What a site has besides its platform.

    A store in `proxied` runs outside the platform, behind a proxy. `broker` is the address of one
    that runs already, or `rabbitmq` for one of its own. With `memory` the host counts as short of
    it before the drill makes it so in earnest. `processes` are those of the Procfile that run; none
    means all. `environment` is added to that of the platform.
    """

    proxied: tuple[Target, ...] = ()
    broker: str | None = None
    small_disk: bool = False
    clock: bool = False
    memory: bool = False
    processes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self):
        return ("--processes", ",".join(self.processes)) if self.processes else ()


@dataclass
class Site:
    platform: Platform
    database_url: str
    redis_url: str
    proxies: dict[Target, Proxy] = field(default_factory=dict)
    servers: list[Kept] = field(default_factory=list)
    disk: Path | None = None
    clock: SharedClock | None = None
    spare_memory: int = 0
    orders: Orders | None = None

    def processes(self):
        """By target, the leaders of servers only."""
        outside = []
        for server in self.servers:
            with suppress(psutil.Error):
                outside.append(server.process())
        return by_target([*self.platform.processes(), *outside])

    def victims(self, target):
        return self.processes()[target]

    def normal(self):
        """How many processes of each target there are at the least: pools shrink when idle."""
        least = {Target.CHILD: sum(pool.least for pool in pools.load().values())}
        found = {target: len(processes) for target, processes in self.processes().items()}
        return {target: min(n, least.get(target, n)) for target, n in found.items()}


@contextmanager
def site(folder, around):
    """Everything is gone with the end of the block."""
    with ExitStack() as stack:
        if around.small_disk:
            stack.enter_context(small_disk(folder))
        stores = {t: stack.enter_context(_behind_proxy(t, folder)) for t in around.proxied}
        environment, brokers = loader.ENVIRONMENT | around.environment, []
        for target, store in stores.items():
            name = "DATABASE" if target is Target.POSTGRES else "REDIS"
            environment[f"MENDLINE_{name}_URL"] = store.url
        if around.broker == Target.RABBITMQ:
            brokers.append(stack.enter_context(rabbitmq(folder / "rabbitmq")))
            environment["MENDLINE_BROKER_URL"] = brokers[0].url
        elif around.broker:
            environment["MENDLINE_BROKER_URL"] = around.broker
        clock = SharedClock(folder) if around.clock else None
        if clock:
            environment |= clock.environment
        spare = _spare_memory() if around.memory else 0
        if spare:
            environment |= _watermarks(spare)
        platform = stack.enter_context(
            running(folder / "data", env=environment, arguments=around.arguments, measured=False)
        )
        direct = platform.credentials | {f"{t}_url": s.direct for t, s in stores.items()}
        yield Site(
            platform,
            database_url=direct.get("postgres_url", direct["database_url"]),
            redis_url=direct["redis_url"],
            proxies={target: store.proxy for target, store in stores.items()},
            servers=[*brokers, *(store.server for store in stores.values())],
            disk=folder if around.small_disk else None,
            clock=clock,
            spare_memory=spare,
        )


@dataclass(frozen=True)
class Store:
    """`url` leads through the proxy, `direct` does not."""

    url: str
    direct: str
    proxy: Proxy
    server: Kept


@contextmanager
def _behind_proxy(target, folder):
    made = EmbeddedPostgres if target is Target.POSTGRES else EmbeddedRedis
    server = made(folder / f"outside-{target}")
    with kept(server) as keeper:
        direct = server.ensure_database("mendline") if target is Target.POSTGRES else server.url
        port = urlsplit(direct).port
        with Proxy("127.0.0.1", port) as proxy:
            url = direct.replace(f"127.0.0.1:{port}", f"127.0.0.1:{proxy.port}")
            yield Store(url, direct, proxy, keeper)


@contextmanager
def small_disk(folder):
    """The folder becomes a disk of its own that is quickly filled."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MEGABYTES}m,mode=0700", "tmpfs"]
    done = subprocess.run([*mount, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImpossibleError(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _spare_memory():
    """Bytes that the drill may take: never more than half of what others have left."""
    found = machine.memory()
    spare = min(MOST_MEMORY, (found.limit - found.used) // 2)
    # Shortness is left a twentieth of the memory below its mark; that must be above today's use.
    if spare * HIGH <= found.limit * 0.06:
        raise ImpossibleError("there is too little memory to be short of")
    return spare


def _watermarks(spare):
    found = machine.memory()
    high, critical = ((found.used + spare * part) / found.limit for part in (HIGH, CRITICAL))
    return {"MENDLINE_MEMORY_HIGH": f"{high:.3f}", "MENDLINE_MEMORY_CRITICAL": f"{critical:.3f}"}

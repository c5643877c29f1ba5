"""`mendline run`: the whole platform of one host, from its servers to the line that says ready."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Any, Final, Self

import structlog
from pydantic import SecretStr

from config import grouping, telemetry, wiring
from config.bootstrap import Addresses, Credentials, bootstrap
from config.settings import Settings
from core.errors import Category, ConflictError, MendlineError
from core.store import agents
from core.store.engine import Database
from workers import pools, procfile
from workers.embedded.ports import free_port, kept_port, listening
from workers.probe import Readiness, probe
from workers.procfile import Entry
from workers.programs import Program
from workers.records import Records
from workers.stores import Stores
from workers.supervisor import State, Supervisor

log = structlog.get_logger(__name__)

Say = Callable[[str], None]

CONFIGURATION: Final = "MENDLINE_CONFIG"
POLL: Final = 0.1
REMIND_EVERY: Final = 15.0
GRACE: Final = 15.0
# An agent first drains its workers, then kills what did not listen; that takes a moment, too.
AFTER_DRAIN: Final = 10.0
# Flower only looks on; where processors are few, those that do the work come first.
LOOKING_ON: Final = 10


class StartFailedError(MendlineError):
    """A process of the platform does not start."""

    code = "ML-RUN-0001"
    category = Category.SERVER


class Host:
    """One run; ports are decided at once, so that a taken one is told before anything starts."""

    def __init__(
        self, settings: Settings, entries: Sequence[Entry], *, everything: bool, say: Say
    ) -> None:
        self.settings = settings
        self.entries = entries
        self.everything = everything
        self._say = say
        self._stores = Stores(settings)
        self._stopping = asyncio.Event()
        self._credentials: Credentials | None = None
        self._port = settings.port or free_port()
        self._door = self._opened() if self.runs("api") else None
        self._flower_port = settings.flower_port or kept_port(settings.data_dir / "flower_port")

    def _opened(self) -> socket.socket:
        """It is ours, not the API's: while that is started again its clients wait at it."""
        try:
            return listening(self._port, host=self.settings.host)
        except OSError as error:
            message = f"Port {self._port} is taken; choose another one with --port."
            raise ConflictError(message) from error

    def _close_door(self) -> None:
        if self._door is not None:
            self._door.close()

    def runs(self, name: str) -> bool:
        return name in {entry.name for entry in self.entries}

    @property
    def api_url(self) -> str:
        return wiring.public_url(self.settings.model_copy(update={"port": self._port}))

    @property
    def local_url(self) -> str:
        """Where this host itself reaches the API."""
        local = {"public_url": None, "port": self._port}
        return wiring.public_url(self.settings.model_copy(update=local))

    async def run(self, ready: Callable[[Self], None]) -> None:
        """Starts everything, calls `ready`, waits for a signal, stops everything in order."""
        try:
            await self._run(ready)
        finally:
            self._close_door()

    async def _run(self, ready: Callable[[Self], None]) -> None:
        self._stores.prepare()
        records = Records(self.settings.data_dir / "processes" / "run.json")
        async with Supervisor(records=records, output=sys.stderr.buffer) as supervisor:
            for signal in (SIGINT, SIGTERM, SIGHUP):
                asyncio.get_running_loop().add_signal_handler(signal, self._asked, supervisor)
            try:
                if await self._unless_stopped(self._start(supervisor)):
                    ready(self)
                    await self._stopping.wait()
            finally:
                await self._stop(supervisor)

    def _asked(self, supervisor: Supervisor) -> None:
        if self._stopping.is_set():
            self._say("Not waiting any longer.")
            supervisor.hurry()
        self._stopping.set()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether the work came to its end before somebody asked us to stop."""
        working = asyncio.create_task(work)
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if working.done():
            await working
            return True
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        return False

    async def _start(self, supervisor: Supervisor) -> None:
        for server in self._stores.embedded:
            self._say(f"Starting a private {server.name} in {server.directory}.")
        await self._stores.serve(supervisor)
        self._credentials = credentials = await asyncio.to_thread(self._prepare_database)
        environment, sizes = self._environment(credentials), self.settings.pools_file
        self._say(f"Starting {', '.join(entry.name for entry in self.entries)}.")
        for entry in self.entries:
            door = self._door if entry.name == "api" else None
            prepare = partial(program, entry, environment, sizes=sizes, door=door)
            supervisor.keep(entry.name, prepare)
        await self._ready(supervisor)

    def _prepare_database(self) -> Credentials:
        """Schema, projects and keys; what a former life reported of this host is out of date."""
        url = self._stores.database_url
        self._upgrade(url)
        grouping.carry_over(url, say=self._say)
        addresses = Addresses(
            database_url=url, redis_url=self._stores.redis_url, api_url=self.api_url
        )
        database = Database(url, application="mendline run", pool_size=1)
        try:
            with database.transaction() as session:
                agents.reset(session, socket.gethostname())
        finally:
            database.dispose()
        return bootstrap(self.settings, addresses)

    def _upgrade(self, url: str) -> None:
        """A start with a newer version upgrades what is there, once that is saved."""
        from config.upgrade import upgrade  # noqa: PLC0415 (slow to import)

        settings = self.settings.model_copy(update={"database_url": SecretStr(url)})
        upgrade(settings, say=self._say, backup=settings.backup_before_upgrade)

    def _environment(self, credentials: Credentials) -> dict[str, str]:
        """What all children are told; what was given to us they have got already."""
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        told = {
            "DATA_DIR": str(self.settings.data_dir),
            "DATABASE_URL": credentials.database_url,
            "REDIS_URL": credentials.redis_url,
            "SECRET_KEY": credentials.secret_key,
            "HOST": self.settings.host,
            "PORT": str(self._port),
            "PUBLIC_URL": credentials.api_url,
            "FLOWER_PORT": str(self._flower_port),
            "FLOWER_USER": credentials.flower_user,
            "FLOWER_PASSWORD": credentials.flower_password,
        }
        file = os.environ.get(CONFIGURATION)
        known = paths(self.settings) | told
        return {f"MENDLINE_{name}": value for name, value in known.items()} | {
            **({CONFIGURATION: str(Path(file).absolute())} if file else {}),
            "PATH": programs,
            telemetry.DIRECTORY_VARIABLE: str(telemetry.prepare(self.settings.data_dir)),
        }

    async def _ready(self, supervisor: Supervisor) -> None:
        """Until the API says so; a run without it is ready when its processes live."""
        loop = asyncio.get_running_loop()
        reminder = loop.time() + REMIND_EVERY
        while not (found := await self._look(supervisor)).ready:
            if supervisor.states().get("api") is State.BROKEN:
                raise StartFailedError("The API keeps dying; its last lines stand above.")
            if loop.time() > reminder:
                self._say(f"Still waiting: {found.missing}.")
                reminder = loop.time() + REMIND_EVERY
            await asyncio.sleep(POLL)

    async def _look(self, supervisor: Supervisor) -> Readiness:
        if self.runs("api"):
            page = "readyz" if self.everything else "livez"
            return await asyncio.to_thread(probe, f"{self.local_url}/{page}")
        states = supervisor.states()
        waiting = [entry.name for entry in self.entries if states[entry.name] is not State.RUNNING]
        return Readiness(not waiting, ", ".join(waiting))

    @property
    def credentials(self) -> Credentials:
        assert self._credentials is not None
        return self._credentials

    @property
    def addresses(self) -> dict[str, str | None]:
        """What the ready line tells."""
        flower = f"http://{self.settings.flower_host}:{self._flower_port}"
        return {
            "api": self.credentials.api_url if self.runs("api") else None,
            "console": None,
            "flower": flower if self.runs("flower") else None,
            "dsn": self.credentials.dsn,
            "credentials": str(self.settings.data_dir / wiring.CREDENTIALS),
        }

    async def _stop(self, supervisor: Supervisor) -> None:
        """Intake first; the servers when nobody needs them any more."""
        self._close_door()
        servers = [server.name for server in self._stores.embedded]
        running = [name for name in supervisor.states() if name not in servers]
        for group in procfile.stop_order(running):
            self._say(f"Stopping {', '.join(group)}.")
            await supervisor.stop(group)
        await supervisor.stop(servers)
        self._say("Stopped.")


def paths(settings: Settings) -> dict[str, str]:
    """Files and folders by their whole path: children do not work in the folder that we were
    started in.
    """
    found = ((name.upper(), value) for name, value in settings if isinstance(value, Path))
    return {name: str(value.absolute()) for name, value in found}


def program(
    entry: Entry,
    environment: Mapping[str, str],
    *,
    sizes: Path | None = None,
    door: socket.socket | None = None,
) -> Program:
    """A line of the Procfile as a program; an agent gets the time that its pool may drain."""
    grace = GRACE
    if entry.is_pool:
        grace = AFTER_DRAIN + pools.find(entry.argv[-1], pools.load(sizes)).drain_seconds
    given = {"MENDLINE_LISTEN_FD": str(door.fileno())} if door else {}
    return Program(
        name=entry.name,
        argv=procfile.command(entry),
        environment={**environment, **given, "MENDLINE_PROCESS": entry.name},
        directory=procfile.ROOT,
        grace=grace,
        niceness=LOOKING_ON if entry.name == "flower" else 0,
        descriptors=(door.fileno(),) if door else (),
    )

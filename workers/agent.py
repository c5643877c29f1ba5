"""The parent of one pool's Celery processes on one host: starts, replaces, drains and reports them.

`python -m workers.agent POOL`. How many there are to be is written in the agent's row.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from typing import Final

import psutil
import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import logging, wiring
from config.bootstrap import OWN_PROJECT
from config.private import private_folder
from config.settings import Settings
from core.clock import Clock, SystemClock
from core.store import agents
from core.store.agents import Heartbeat
from core.store.engine import Database
from workers import pools
from workers.announce import READY_FILE
from workers.embedded import leftovers
from workers.pools import Pool
from workers.programs import Program
from workers.records import Records, recorded
from workers.supervisor import State, Supervisor

log = structlog.get_logger(__name__)


INTERVAL: Final = 3.0
FIRST_INTERVAL: Final = 0.25
ORPHAN_GRACE: Final = 2.0


class Agent:
    """Converges to the target: grows at once, shrinks by draining the highest numbers."""

    def __init__(
        self,
        pool: Pool,
        folder: Path,
        *,
        report: Callable[[Heartbeat], int | None],
        host: str | None = None,
    ) -> None:
        self.pool = pool
        self.host = host or socket.gethostname()
        self._report = report
        self._folder = private_folder(folder)
        self._parent = os.getppid()
        self._stopping = asyncio.Event()
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._target = pool.start

    async def run(self) -> None:
        """Until SIGTERM; then everything under way is finished first."""
        loop = asyncio.get_running_loop()
        records = self._folder / f"worker-{self.pool.name}.json"
        burial = asyncio.create_task(self._bury(recorded(records)))
        async with Supervisor(records=Records(records)) as supervisor:
            for signal in (SIGTERM, SIGINT):
                loop.add_signal_handler(signal, self._asked_to_end, supervisor)
            while not self._stopping.is_set():
                self._converge(supervisor)
                await self._beat(supervisor)
                await self._pause(supervisor)
            await self._drain(supervisor)
        burial.cancel()

    def _asked_to_end(self, supervisor: Supervisor) -> None:
        """Asked a second time, it waits for nobody."""
        if self._stopping.is_set():
            supervisor.hurry()
        self._stopping.set()

    async def _bury(self, predecessors: list[psutil.Process]) -> None:
        """What a killed agent left drains first; the signal of its parent's death asked for it."""
        leftovers.end(predecessors, SIGTERM, patience=0)
        await asyncio.sleep(self.pool.drain_seconds if predecessors else 0)
        leftovers.end(predecessors, SIGKILL, patience=0)

    def _converge(self, supervisor: Supervisor) -> None:
        wanted = {f"{self.pool.name}-{n}": n for n in range(1, self._target + 1)}
        running = supervisor.states().keys()
        for name, number in wanted.items():
            if name not in running:
                supervisor.keep(name, partial(self._prepare, number))
        self._draining = {n: task for n, task in self._draining.items() if not task.done()}
        for name in running - wanted.keys() - self._draining.keys():
            self._draining[name] = asyncio.create_task(supervisor.stop([name]))

    def _prepare(self, number: int) -> Program:
        program = self.pool.worker(number, self.host)
        ready = self._ready_file(program.name)
        ready.unlink(missing_ok=True)
        return program.with_environment({READY_FILE: str(ready)})

    def _ready_file(self, name: str) -> Path:
        return self._folder / f"{name}.ready"

    async def _beat(self, supervisor: Supervisor) -> None:
        heartbeat = self._heartbeat(supervisor.states())
        target = await asyncio.to_thread(self._report, heartbeat)
        if target is not None:
            self._target = self.pool.within_limits(target)

    def _heartbeat(self, states: dict[str, State]) -> Heartbeat:
        processes = {name: self._state(name, state) for name, state in states.items()}
        if self._stopping.is_set():
            state = "draining" if states else "stopped"
        else:
            state = "broken" if State.BROKEN in states.values() else "running"
        return Heartbeat(
            pool=self.pool.name,
            host=self.host,
            target=self._target,
            running=list(processes.values()).count(State.RUNNING),
            state=state,
            detail={"processes": processes, "children": self.pool.children},
        )

    def _state(self, name: str, state: State) -> State:
        """A Celery process runs once it takes work, seconds after it was started."""
        started = state is State.RUNNING and not self._ready_file(name).exists()
        return State.STARTING if started else state

    async def _pause(self, supervisor: Supervisor) -> None:
        """Short while something is starting, so that readiness is told without delay."""
        states = supervisor.states()
        starting = State.STARTING in {self._state(*item) for item in states.items()}
        try:
            await asyncio.wait_for(self._stopping.wait(), FIRST_INTERVAL if starting else INTERVAL)
        except TimeoutError:
            return

    async def _drain(self, supervisor: Supervisor) -> None:
        stopping = asyncio.create_task(supervisor.stop(tuple(supervisor.states())))
        if os.getppid() != self._parent:
            asyncio.get_running_loop().call_later(ORPHAN_GRACE, supervisor.hurry)
        else:
            await self._beat(supervisor)
        await stopping
        if os.getppid() == self._parent:
            await self._beat(supervisor)


class Reporter:
    """Writes heartbeats; while PostgreSQL is away the pool simply stays as it is."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._broken = False

    def __call__(self, heartbeat: Heartbeat) -> int | None:
        now = self._clock.now()
        broken = heartbeat.state == "broken"
        try:
            with self._database.transaction() as session:
                target = agents.report(session, heartbeat, now=now)
                if broken and not self._broken:
                    agents.raise_broken(session, heartbeat, project=OWN_PROJECT, now=now)
        except SQLAlchemyError as error:
            log.warning("agent.not_reported", error=type(error).__name__)
            return None
        self._broken = broken
        return target


def main() -> None:
    settings = wiring.discovered(Settings())
    pool = pools.find(" ".join(sys.argv[1:]), pools.load())
    logging.configure(f"worker-{pool.name}", settings.log_level)
    database = wiring.database(settings, application=f"agent {pool.name}", pool_size=1)
    reporter = Reporter(database, SystemClock())
    folder = settings.data_dir.absolute() / "processes"
    asyncio.run(_run(pool, folder, reporter))
    database.dispose()


async def _run(pool: Pool, folder: Path, reporter: Reporter) -> None:
    await Agent(pool, folder, report=reporter).run()


if __name__ == "__main__":
    main()

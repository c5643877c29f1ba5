"""The parent of one pool's Celery processes on one host: starts, replaces, drains and reports them.

`python -m workers.agent POOL`. How many there are to be is written in the agent's row.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Final

import psutil

from config import logging
from config.private import private_folder
from config.settings import Settings
from core.store.heartbeat import Heartbeat
from workers import pools
from workers.embedded import leftovers
from workers.pools import READY_FILE, Pool
from workers.programs import Program
from workers.records import Records, recorded
from workers.supervisor import State, Supervisor

if TYPE_CHECKING:
    from workers.agent_rows import AgentRows

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
    """Imports the database with the first report: the workers are under way by then."""

    def __init__(self, settings: Settings, pool: str) -> None:
        self._settings = settings
        self._pool = pool

    @cached_property
    def _rows(self) -> "AgentRows":
        from workers.agent_rows import AgentRows  # noqa: PLC0415 (slow to import)

        return AgentRows(self._settings, self._pool)

    def __call__(self, heartbeat: Heartbeat) -> int | None:
        return self._rows.report(heartbeat)

    def close(self) -> None:
        if "_rows" in vars(self):
            self._rows.close()


def main() -> None:
    settings = Settings()
    pool = pools.find(" ".join(sys.argv[1:]), pools.load())
    logging.configure(f"worker-{pool.name}", settings.log_level)
    reporter = Reporter(settings, pool.name)
    try:
        asyncio.run(_run(pool, settings.data_dir.absolute() / "processes", reporter))
    finally:
        reporter.close()


async def _run(pool: Pool, folder: Path, reporter: Reporter) -> None:
    await Agent(pool, folder, report=reporter).run()


if __name__ == "__main__":
    main()

"""The parent of one pool's Celery processes on one host: starts, replaces, drains and reports them.

`python -m workers.agent POOL`. How many children there are to be is written in the agent's row.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Final

import psutil

from config import logging, loglines, machine
from config.private import private_folder
from config.settings import Settings
from core.resilience.watermarks import Level, Watermarks
from core.store.heartbeat import Heartbeat, Orders
from workers import pools
from workers.crew import Crew
from workers.embedded import leftovers
from workers.pools import Pool
from workers.records import Records, recorded
from workers.supervisor import State, Supervisor
from workers.vitals import MEGABYTE, Vitals

if TYPE_CHECKING:
    from workers.agent_rows import AgentRows

INTERVAL: Final = 1.0
FIRST_INTERVAL: Final = 0.25
ORPHAN_GRACE: Final = 2.0
# A process that is too large as soon as it works would be too large again.
LEAST_LIFE: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an agent is: its host, the folder of its files, and what is short of memory there."""

    folder: Path
    host: str
    marks: Watermarks = field(default_factory=Watermarks)


class Agent:
    """Converges to the target: grows at once while there is memory, shrinks by draining."""

    def __init__(
        self, pool: Pool, place: Place, *, report: Callable[[Heartbeat], Orders | None]
    ) -> None:
        self.pool = pool
        self.host = place.host
        self._report = report
        self._folder = private_folder(place.folder)
        self._parent = os.getppid()
        self._stopping = asyncio.Event()
        self._vitals = Vitals(place.marks)
        self._highest = pool.highest(machine.processors())
        self._orders = Orders(min(pool.start, self._highest))
        self._children = self._orders.target

    async def run(self) -> None:
        """Until SIGTERM; then everything under way is finished first."""
        loop = asyncio.get_running_loop()
        records = self._folder / f"worker-{self.pool.name}.json"
        burial = asyncio.create_task(self._bury(recorded(records)))
        async with Supervisor(records=Records(records)) as supervisor:
            for signal in (SIGTERM, SIGINT):
                loop.add_signal_handler(signal, self._asked_to_end, supervisor)
            crew = Crew(self.pool, self._folder, host=self.host, supervisor=supervisor)
            await self._pause(self.pool.begins_after_seconds)
            while not self._stopping.is_set():
                self._converge(crew)
                await self._beat(supervisor, crew)
                await self._pause(self._interval(crew))
            await self._drain(supervisor, crew)
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

    def _converge(self, crew: Crew) -> None:
        """Where memory is short nothing grows, whatever the target says."""
        target = min(max(self._orders.target, 0), self._highest)
        if target < self._children or self._vitals.level is Level.EASY:
            self._children = target
        crew.replace(crew.stuck())
        crew.replace(self._outgrown(), age=LEAST_LIFE)
        crew.converge(self._children, generation=self._orders.restarts_asked)

    def _outgrown(self) -> list[str]:
        limit = self.pool.memory_megabytes_per_process * MEGABYTE
        return [name for name, size in self._vitals.sizes.mains.items() if size > limit]

    async def _beat(self, supervisor: Supervisor, crew: Crew) -> None:
        before = self._vitals.level
        self._vitals.measure(crew.told())
        if before is Level.EASY < self._vitals.level:
            crew.renew_children()
        heartbeat = self._heartbeat(supervisor, crew)
        orders = await asyncio.to_thread(self._report, heartbeat)
        if orders is not None:
            self._orders = orders

    def _heartbeat(self, supervisor: Supervisor, crew: Crew) -> Heartbeat:
        states, told = crew.states(), crew.told()
        if self._stopping.is_set():
            state = "draining" if states else "stopped"
        else:
            state = "broken" if State.BROKEN in states.values() else "running"
        return Heartbeat(
            pool=self.pool.name,
            host=self.host,
            target=self._children,
            running=list(states.values()).count(State.RUNNING),
            state=state,
            detail={
                "processes": states,
                "children": sum(len(each.tasks) for each in told.values()),
                "busy": sum(each.busy for each in told.values()),
                "reserved": sum(each.reserved for each in told.values()),
                "least": self.pool.least,
                "most": self._highest,
                "restarts": supervisor.restarts,
                **self._vitals.detail(),
            },
        )

    def _interval(self, crew: Crew) -> float:
        """Short while something is starting or growing, so that it is told without delay."""
        children = sum(len(told.tasks) for told in crew.told().values())
        moving = State.STARTING in crew.states().values() or children < self._children
        return FIRST_INTERVAL if moving else INTERVAL

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _drain(self, supervisor: Supervisor, crew: Crew) -> None:
        stopping = asyncio.create_task(crew.drain())
        if os.getppid() != self._parent:
            asyncio.get_running_loop().call_later(ORPHAN_GRACE, supervisor.hurry)
        else:
            await self._beat(supervisor, crew)
        await stopping
        if os.getppid() == self._parent:
            await self._beat(supervisor, crew)


class Reporter:
    """Imports the database with the first report: the workers are under way by then."""

    def __init__(self, settings: Settings, pool: str) -> None:
        self._settings = settings
        self._pool = pool

    @cached_property
    def _rows(self) -> "AgentRows":
        from workers.agent_rows import AgentRows  # noqa: PLC0415 (slow to import)

        return AgentRows(self._settings, self._pool)

    def __call__(self, heartbeat: Heartbeat) -> Orders | None:
        return self._rows.report(heartbeat)

    def close(self) -> None:
        if "_rows" in vars(self):
            self._rows.close()


def main() -> None:
    settings = Settings()
    pool = pools.find(" ".join(sys.argv[1:]), pools.load(settings.pools_file))
    logging.configure(f"worker-{pool.name}", settings.log_level)
    loglines.begin(settings)
    place = Place(
        folder=settings.data_dir.absolute() / "processes",
        host=socket.gethostname(),
        marks=machine.watermarks(settings),
    )
    reporter = Reporter(settings, pool.name)
    try:
        asyncio.run(_run(pool, place, reporter))
    finally:
        reporter.close()


async def _run(pool: Pool, place: Place, reporter: Reporter) -> None:
    await Agent(pool, place, report=reporter).run()


if __name__ == "__main__":
    main()

"""Keeps the processes of one host running: inside `mendline run`, and inside each pool's agent."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from signal import SIGKILL, Signals
from typing import BinaryIO, Self

import psutil
import structlog

from core.clock import Clock, SystemClock
from workers.embedded import leftovers
from workers.output import Lines, pump
from workers.programs import Program, spawn
from workers.reaper import Reaper
from workers.records import Records
from workers.restarts import Restarts

log = structlog.get_logger(__name__)

LAST_GRACE = 2.0


class State(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    BROKEN = "broken"
    STOPPED = "stopped"


@dataclass(slots=True)
class Charge:
    """A process in our care, through all its lives; `prepare` is called before each of them."""

    name: str
    prepare: Callable[[], Program]
    restarts: Restarts
    records: Records | None
    state: State = State.STARTING
    program: Program | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    life: "asyncio.Task[None] | None" = None


@dataclass(frozen=True, slots=True)
class Orphans:
    """What a process left behind that died without a word, until the timer ends it."""

    left: list[psutil.Process]
    timer: asyncio.TimerHandle
    records: Records | None


class Supervisor:
    """Use it in the main thread: what it starts is told of our death when this thread ends.

    `output` takes the children's lines under their names; without it they write where we do.
    """

    def __init__(
        self,
        *,
        records: Records | None = None,
        output: BinaryIO | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._records = records
        self._output = output
        self._clock = clock or SystemClock()
        self._charges: dict[str, Charge] = {}
        self._reaper = Reaper()
        self._hurried = asyncio.Event()
        self._pumps: set[Lines] = set()
        self._orphans: dict[str, Orphans] = {}
        self.restarts = 0

    async def __aenter__(self) -> Self:
        self._reaper.install()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop(tuple(self._charges))
        for name in tuple(self._orphans):
            self._bury(name)
        await asyncio.gather(*(lines.finish() for lines in self._pumps))
        self._reaper.uninstall()
        if self._records:
            self._records.close()

    def keep(
        self,
        name: str,
        prepare: Callable[[], Program],
        *,
        restarts: Restarts | None = None,
        recorded: bool = True,
    ) -> None:
        """Starts it now and again whenever it ends, until it is stopped.

        What clears its own leftovers better than by a plain signal is not `recorded`.
        """
        records = self._records if recorded else None
        charge = Charge(name, prepare, restarts or Restarts(), records)
        self._charges[name] = charge
        charge.life = asyncio.create_task(self._keep(charge), name=f"keep {name}")

    def states(self) -> dict[str, State]:
        return {name: charge.state for name, charge in self._charges.items()}

    def hurry(self) -> None:
        """Whatever is being stopped is asked once more and gets little further grace."""
        self._hurried.set()

    async def stop(self, names: Iterable[str]) -> None:
        """Asks those processes to end, waits, kills what does not listen; then forgets them."""
        charges = [self._charges[name] for name in names if name in self._charges]
        await asyncio.gather(*(self._stop(charge) for charge in charges))
        for charge in charges:
            self._charges.pop(charge.name, None)

    async def _keep(self, charge: Charge) -> None:
        while not charge.stopping.is_set():
            charge.state = State.STARTING
            await self._live(charge)
            if not charge.stopping.is_set():
                await self._after_death(charge)
        charge.state = State.STOPPED

    async def _live(self, charge: Charge) -> None:
        """One life, from preparation to death."""
        try:
            program = await asyncio.to_thread(charge.prepare)
            if not charge.stopping.is_set():
                code = await self._run(charge, program)
                log.info("process.ended", child=charge.name, code=code)
        except Exception:  # a process that cannot be started must not stop the others
            log.exception("process.not_started", child=charge.name)

    async def _run(self, charge: Charge, program: Program) -> int:
        charge.program, charge.process = program, await self._spawn(charge.name, program)
        pid = charge.process.pid
        charge.state = State.RUNNING
        ended = self._reaper.watch(charge.process)
        log.info("process.started", child=charge.name, child_pid=pid)
        if charge.records:
            charge.records.started(charge.name, pid)
        code = await ended
        charge.process = None
        if program.children_grace and not charge.stopping.is_set():
            await self._bury_later(charge, pid, program.children_grace)
        else:
            kill_group(pid)
        if charge.records:
            charge.records.ended(charge.name)
        return code

    async def _bury_later(self, charge: Charge, leader: int, grace: float) -> None:
        """Its children finish what they are at; nobody is left to give them more."""
        left = await asyncio.to_thread(leftovers.group, leader)
        if not left:
            return
        name = f"{charge.name} (children of {leader})"
        log.info("process.left_children", child=charge.name, children=len(left))
        if charge.records:
            charge.records.orphaned(charge.name, name)
        timer = asyncio.get_running_loop().call_later(grace, self._bury, name)
        self._orphans[name] = Orphans(left, timer, charge.records)

    def _bury(self, name: str) -> None:
        orphans = self._orphans.pop(name)
        orphans.timer.cancel()
        leftovers.end(orphans.left, SIGKILL, patience=0)
        if orphans.records:
            orphans.records.ended(name)

    async def _spawn(self, name: str, program: Program) -> subprocess.Popen[bytes]:
        if self._output is None:
            return spawn(program)
        writing, lines = await pump(f"{name:<14} | ", self._output)
        self._pumps = {old for old in self._pumps if not old.closed.is_set()} | {lines}
        try:
            return spawn(program, output=writing)
        finally:
            os.close(writing)

    async def _after_death(self, charge: Charge) -> None:
        now = self._clock.monotonic()
        charge.deaths = [*charge.restarts.recent(charge.deaths, now), now]
        decision = charge.restarts.decide(charge.deaths, now)
        charge.state = State.BROKEN if decision.broken else State.WAITING
        if decision.broken:
            log.error("process.broken", child=charge.name, deaths=len(charge.deaths))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(charge.stopping.wait(), decision.delay)
        self.restarts += not charge.stopping.is_set()

    async def _stop(self, charge: Charge) -> None:
        charge.stopping.set()
        if charge.life is None:
            return
        if charge.process is not None and charge.program is not None:
            send(charge.process, charge.program.stop_signal)
            await self._ended_in_time(charge.life, charge.program.grace)
        if charge.process is not None and charge.program is not None and self._hurried.is_set():
            send(charge.process, charge.program.stop_signal)
            await asyncio.wait({charge.life}, timeout=LAST_GRACE)
        if charge.process is not None:
            log.warning("process.killed", child=charge.name)
            kill_group(charge.process.pid)
        await charge.life

    async def _ended_in_time(self, life: "asyncio.Task[None]", grace: float) -> None:
        hurried = asyncio.create_task(self._hurried.wait())
        await asyncio.wait({life, hurried}, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()


def send(process: subprocess.Popen[bytes], signal: Signals) -> None:
    """To the leader alone: a worker's children finish what they are at."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal)


def kill_group(leader: int) -> None:
    """Its id stays reserved while members are left, so no stranger is hit."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, SIGKILL)

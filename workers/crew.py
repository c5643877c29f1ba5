"""The Celery processes of one pool on one host: as many as its children need, old ones replaced."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from core.clock import Clock, SystemClock
from workers.exchange import VARIABLE, Exchange, Told, Wanted
from workers.pools import Pool
from workers.programs import Program
from workers.supervisor import State, Supervisor

# A process that lives and says nothing for so long is stuck; a short halt of the host is not that.
SILENCE_SECONDS: Final = 60.0


@dataclass(slots=True)
class Slot:
    """One process; `generation` is how many restarts had been asked for when it was started."""

    number: int
    generation: int
    children: int
    exchange: Exchange
    ready_since: float | None = None
    stale: bool = False


class Crew:
    """Starts what is missing at once. What is too much or too old drains: it takes no more work,
    finishes, and ends; an old one goes only when a new one works in its place.
    """

    def __init__(
        self,
        pool: Pool,
        folder: Path,
        *,
        host: str,
        supervisor: Supervisor,
        clock: Clock | None = None,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._host = host
        self._supervisor = supervisor
        self._clock = clock or SystemClock()
        self._slots: dict[str, Slot] = {}
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._renewed = 0

    def converge(self, children: int, *, generation: int) -> None:
        self._forget_drained()
        layout = self._pool.layout(children)
        fresh = [slot for slot in self._serving() if self._is_fresh(slot, generation)]
        for slot in fresh[len(layout) :]:
            self._drain(slot)
        for size in layout[len(fresh) :]:
            self._start(size, generation)
        for slot, size in zip(fresh, layout, strict=False):
            self._set(slot, size)
        self._retire(len(layout), generation)

    def renew_children(self) -> None:
        """Idle children are replaced: fresh ones have nothing in their caches."""
        self._renewed += 1
        for slot in self._serving():
            slot.exchange.want(Wanted(slot.children, self._renewed))

    def replace(self, names: Iterable[str], *, age: float = 0.0) -> None:
        """As if a restart had been asked for these only, if they have worked for so long."""
        now = self._clock.monotonic()
        for slot in (self._slots[name] for name in names if name in self._slots):
            if slot.ready_since is not None and now - slot.ready_since >= age:
                slot.stale = True

    def told(self) -> dict[str, Told]:
        """What the processes say that are not stuck; also of those that drain."""
        found = {name: slot.exchange.told() for name, slot in self._slots.items()}
        now = self._clock.monotonic()
        return {
            name: told
            for name, told in found.items()
            if told is not None and now - told.at < SILENCE_SECONDS
        }

    def stuck(self) -> list[str]:
        """Processes that took work once and have been silent since."""
        now, heard = self._clock.monotonic(), self.told()
        return [
            name
            for name, slot in self._slots.items()
            if name not in heard
            and slot.ready_since is not None
            and now - slot.ready_since > SILENCE_SECONDS
        ]

    def states(self) -> dict[str, State]:
        """A Celery process runs once it takes work, seconds after it was started."""
        return {name: self._state(name, state) for name, state in self._supervisor.states().items()}

    async def drain(self) -> None:
        await self._supervisor.stop(tuple(self._supervisor.states()))

    def _state(self, name: str, state: State) -> State:
        slot = self._slots.get(name)
        if slot is None:
            return state
        if state is not State.RUNNING or not slot.exchange.ready:
            slot.ready_since = None
            return State.STARTING if state is State.RUNNING else state
        slot.ready_since = slot.ready_since or self._clock.monotonic()
        return state

    def _serving(self) -> list[Slot]:
        """Those that do not drain, in the order of their numbers."""
        found = (slot for name, slot in self._slots.items() if name not in self._draining)
        return sorted(found, key=lambda slot: slot.number)

    @staticmethod
    def _is_fresh(slot: Slot, generation: int) -> bool:
        return slot.generation >= generation and not slot.stale

    def _start(self, size: int, generation: int) -> None:
        number = next(self._free_numbers())
        name = self._name(number)
        slot = Slot(number, generation, size, Exchange(self._folder / name))
        self._slots[name] = slot
        self._supervisor.keep(name, partial(self._prepare, slot))

    def _free_numbers(self) -> Iterator[int]:
        taken = {slot.number for slot in self._slots.values()}
        return (number for number in range(1, len(taken) + 2) if number not in taken)

    def _name(self, number: int) -> str:
        return f"{self._pool.name}-{number}"

    def _prepare(self, slot: Slot) -> Program:
        """Before each life of the process."""
        slot.exchange.clear()
        slot.exchange.want(Wanted(slot.children))
        program = self._pool.worker(slot.number, self._host, children=slot.children)
        return program.with_environment({VARIABLE: str(slot.exchange.stem)})

    def _set(self, slot: Slot, size: int) -> None:
        if slot.children != size:
            slot.children = size
            slot.exchange.want(Wanted(size, self._renewed))

    def _retire(self, needed: int, generation: int) -> None:
        states = self.states()
        ready = [
            slot
            for slot in self._serving()
            if self._is_fresh(slot, generation)
            and states.get(self._name(slot.number)) is State.RUNNING
        ]
        old = [slot for slot in self._serving() if not self._is_fresh(slot, generation)]
        for slot in old[max(needed - len(ready), 0) :]:
            self._drain(slot)

    def _drain(self, slot: Slot) -> None:
        name = self._name(slot.number)
        self._draining[name] = asyncio.create_task(self._supervisor.stop([name]))

    def _forget_drained(self) -> None:
        for name in [name for name, task in self._draining.items() if task.done()]:
            del self._draining[name]
            self._slots.pop(name).exchange.remove()

"""Intake as one process runs it: composes inbox, spool, keys, books and back-pressure."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from core.clock import Clock, SystemClock
from core.errors import DatabaseUnavailableError
from core.intake.commit import GroupCommit
from core.intake.components import merged
from core.intake.drain import Drain
from core.intake.ending import Ending
from core.intake.inbox import Inbox
from core.intake.item import InboxItem
from core.intake.keys import FRESH_SECONDS, KeyCache
from core.intake.limits import Limits
from core.intake.link import Link
from core.intake.pressure import Pressure
from core.intake.spool import Spool
from core.intake.tally import Observer, Tally
from core.store import books, components
from core.store.components import Delta, Slot

_POST_SECONDS: Final = 1.0
_WRITERS: Final = 64

log = structlog.get_logger()


def _nothing() -> None:
    return


def _enough() -> bool:
    return False


def _uncounted(_size: int) -> None:
    return


def _unheard(_successes: Mapping[str, int]) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """`patience` is the time in seconds after which a silent PostgreSQL counts as away."""

    database_url: str
    spool_dir: Path
    keys_file: Path
    limits: Limits = field(default_factory=Limits)
    patience: float = 3.0
    upkeep_seconds: float = _POST_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Who hears of it: `wake` that rows wait, `observe` of refusals, `committed` of batch sizes.

    `memory_short` is asked about every second. These are called in the event loop and must not
    block. `succeeded` hears beside it how often components did well, by name.
    """

    wake: Callable[[], None] = _nothing
    observe: Observer | None = None
    committed: Callable[[int], None] = _uncounted
    memory_short: Callable[[], bool] = _enough
    succeeded: Callable[[Mapping[str, int]], None] = _unheard


class IntakeService:
    """Start it inside the event loop that serves the requests, one in each process."""

    def __init__(
        self,
        settings: IntakeSettings,
        *,
        clock: Clock | None = None,
        listeners: Listeners | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.limits = settings.limits
        self._settings = settings
        self._listeners = listeners or Listeners()
        observe = self._listeners.observe
        self.tally = Tally(self.clock, observe) if observe else Tally(self.clock)
        self._ending = Ending()
        self._loops: list[asyncio.Task[None]] = []
        self._compose()

    def _compose(self) -> None:
        settings, writer = self._settings, os.getpid() % _WRITERS
        self._writer = writer
        self._chores = self._link("chores")
        self._drain_link = self._link("drain")
        self.spool = Spool(settings.spool_dir, limit=self.limits.spool)
        self.keys = KeyCache(self._chores, settings.keys_file, self.clock)
        self.pressure = Pressure(self._chores, limit=self.limits.inbox_rows)
        self._drain = Drain(
            self._drain_link,
            self.spool,
            clock=self.clock,
            writer=writer,
            ending=self._ending,
            committed=self._on_commit,
        )
        self._inbox = Inbox(
            self._link("inbox"), self.spool, writer=writer, committed=self._on_commit
        )
        self._components = GroupCommit(self._write_components)

    def _link(self, use: str) -> Link:
        return Link(
            self._settings.database_url,
            application=f"mendline-intake-{use}",
            patience=self._settings.patience,
        )

    async def start(self) -> None:
        """Serves from here on, also when PostgreSQL cannot be reached."""
        await self._inbox.start()
        await self.keys.start()
        self._components.start()
        create = asyncio.get_running_loop().create_task
        self._loops = [create(self._upkeep()), create(self._draining())]

    async def stop(self) -> None:
        """Writes what was taken, posts what was counted."""
        self._ending.begin()
        for loop in self._loops:
            await loop
        await self._components.stop()
        await self._inbox.stop()
        with suppress(DatabaseUnavailableError):
            await self._post()
        await self._chores.close()
        await self._drain_link.close()
        await asyncio.to_thread(self.spool.close)

    @property
    def database_away(self) -> bool:
        return self._inbox.away

    async def accept(self, items: Sequence[InboxItem]) -> None:
        """Durable when it returns: committed, or fsynced to the spool."""
        await self._inbox.put(items)

    async def report_components(self, deltas: Sequence[tuple[Slot, Delta]]) -> None:
        """Added to the minute roll-ups when it returns."""
        await self._components.put(deltas)

    async def _write_components(self, deltas: Sequence[tuple[Slot, Delta]]) -> None:
        await self._chores.run(components.SQL, components.parameters(merged(deltas)))
        well: Counter[str] = Counter()
        for slot, delta in deltas:
            well[slot.component] += delta.successes
        if +well:
            await asyncio.to_thread(self._listeners.succeeded, +well)

    def _on_commit(self, size: int) -> None:
        self.pressure.added(size)
        self._listeners.committed(size)
        self._listeners.wake()

    async def _upkeep(self) -> None:
        rounds = 0
        while not self._ending.begun:
            self.pressure.memory_short = self._listeners.memory_short()
            try:
                if rounds % max(1, round(FRESH_SECONDS / self._settings.upkeep_seconds)) == 0:
                    await self.pressure.refresh()
                    await self.keys.refresh()
                await self._post()
            except DatabaseUnavailableError as error:
                log.debug("intake.upkeep_waits", error=str(error))
            rounds += 1
            await self._ending.rest(self._settings.upkeep_seconds)

    async def _draining(self) -> None:
        """Beside the upkeep: what a long outage left takes a minute, for which counts, keys and
        the state of the memory must not wait.
        """
        while not self._ending.begun:
            try:
                await self.drain()
            except DatabaseUnavailableError as error:
                log.debug("intake.upkeep_waits", error=str(error))
            except OSError as error:
                log.warning("intake.upkeep_failed", error=str(error))
            await self._ending.rest(self._settings.upkeep_seconds)

    async def _post(self) -> None:
        lines = self.tally.take()
        if not lines:
            return
        try:
            await self._chores.run(books.SQL, books.parameters(lines, self._writer))
        except DatabaseUnavailableError:
            self.tally.give_back(lines)
            raise

    async def drain(self) -> int:
        """Brings what is spooled on this host into the inbox, if PostgreSQL is there."""
        return 0 if self.database_away else await self._drain.run()

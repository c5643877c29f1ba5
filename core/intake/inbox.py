"""Where accepted items become durable: PostgreSQL, or the spool while PostgreSQL is away."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import psycopg
import structlog

from core.errors import DatabaseUnavailableError, DependencyError, UnprocessableError
from core.intake import wire
from core.intake.commit import GroupCommit
from core.intake.ending import Ending
from core.intake.item import InboxItem
from core.intake.link import RETRY_AFTER, Link
from core.intake.rejection import Reason
from core.intake.spool import Spool

# A server that answers may still refuse to write, so the pauses grow until something is written.
_RETRY_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
# Changes nothing, but fails on a standby and where the tables are missing.
_MAY_WRITE: Final = "UPDATE spool_progress SET updated_at = updated_at WHERE file = ''"

log = structlog.get_logger()


class SpoolUnwritableError(DependencyError):
    """PostgreSQL is away, and the folder that keeps events meanwhile cannot be written."""

    code = "ML-DISK-0003"


class Inbox:
    """`committed` is called after each commit with its size; it must not block.

    A batch whose commit was cut off may be both in the inbox and in the spool: the digest stores
    each event id once.
    """

    def __init__(
        self,
        link: Link,
        spool: Spool,
        *,
        writer: int,
        committed: Callable[[int], None],
    ) -> None:
        self._link = link
        self._spool = spool
        self._writer = writer
        self._committed = committed
        self._ending = Ending()
        self._tries = 0
        self._restoring: asyncio.Task[None] | None = None
        self._spooling = asyncio.Lock()
        self._commits = GroupCommit(self._write, weigh=_weight)

    @property
    def away(self) -> bool:
        """Whether PostgreSQL could not be reached when last tried."""
        return self._restoring is not None

    async def start(self) -> None:
        self._commits.start()
        try:
            await self._link.run(_MAY_WRITE)
        except DatabaseUnavailableError as error:
            self._lost(error)

    async def stop(self) -> None:
        await self._commits.stop()
        self._ending.begin()
        if self._restoring is not None:
            await self._restoring
        await self._link.close()

    async def put(self, items: Sequence[InboxItem]) -> None:
        """Durable when it returns."""
        await self._commits.put(items)

    async def _write(self, items: Sequence[InboxItem]) -> None:
        if not self.away:
            try:
                await self._insert(items)
            except DatabaseUnavailableError as error:
                self._lost(error)
            else:
                return
        async with self._spooling:
            await self._keep(items)
            if not self.away:  # PostgreSQL came back in between, and nobody else would seal it
                await asyncio.to_thread(self._spool.seal)

    async def _keep(self, items: Sequence[InboxItem]) -> None:
        try:
            await asyncio.to_thread(self._spool.append, items)
        except OSError as error:
            raise SpoolUnwritableError(str(error), retry_after=RETRY_AFTER) from error

    async def _insert(self, items: Sequence[InboxItem]) -> None:
        try:
            await self._link.run(wire.INSERT, wire.parameters(items, writer=self._writer))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            # One request's items must not cost the others theirs, so the batch is to be smaller.
            if len(items) == 1:
                raise UnprocessableError(
                    f"PostgreSQL refuses the event: {error}", reason=Reason.INVALID
                ) from error
            await self._apart(items)
        else:
            self._tries = 0
            self._committed(len(items))

    async def _apart(self, items: Sequence[InboxItem]) -> None:
        refused: UnprocessableError | None = None
        for item in items:
            try:
                await self._insert([item])
            except UnprocessableError as error:
                refused = error
        if refused is not None:
            raise refused

    def _lost(self, error: DatabaseUnavailableError) -> None:
        log.warning("database.lost", error=str(error))
        self._restoring = asyncio.get_running_loop().create_task(self._restore())

    async def _restore(self) -> None:
        """Tries until PostgreSQL answers; then what was spooled may be drained."""
        while not await self._ending.rest(_RETRY_SECONDS[self._tries]):
            self._tries = min(self._tries + 1, len(_RETRY_SECONDS) - 1)
            if await self._answers():
                async with self._spooling:
                    await asyncio.to_thread(self._spool.seal)
                    self._restoring = None
                log.info("database.restored")
                return

    async def _answers(self) -> bool:
        try:
            await self._link.run(_MAY_WRITE)
        except DatabaseUnavailableError:
            return False
        return True


def _weight(item: InboxItem) -> int:
    return len(item.body)

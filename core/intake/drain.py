"""Brings spooled items into the inbox: each exactly once, however often it is interrupted.

1. How far a file has been drained is a row, locked and moved on in the transaction that inserts.
2. A transaction whose outcome is not known holds that lock until it has ended, so the next attempt
   reads the truth.
3. A drained file is renamed before its row is deleted, and removed after.
"""

import asyncio
from collections.abc import Callable

import structlog

from core.clock import Clock
from core.intake import wire
from core.intake.ending import Ending
from core.intake.link import Connection, Link
from core.intake.spool import DRAINED, Spool, SpoolFile

log = structlog.get_logger()


class Drain:
    """`committed` is called after each transaction with its size; it must not block."""

    def __init__(
        self,
        link: Link,
        spool: Spool,
        *,
        clock: Clock,
        writer: int,
        ending: Ending,
        committed: Callable[[int], None],
    ) -> None:
        self._link = link
        self._spool = spool
        self._clock = clock
        self._writer = writer
        self._ending = ending
        self._committed = committed

    async def run(self) -> int:
        """Drains what there is; answers how many items. Raises when PostgreSQL goes away."""
        drained = 0
        for file in self._spool.claim():
            try:
                drained += await self._file(file)
            finally:
                file.close()  # unless it is done its lock is free now, and a later round finds it
            if self._ending.begun:
                break
        return drained

    async def _file(self, file: SpoolFile) -> int:
        moved = 0
        while file.path.suffix != DRAINED:
            if self._ending.begun:
                return moved
            count = await self._step(file)
            if count is None:
                await asyncio.to_thread(file.retire)
            else:
                moved += count
                self._committed(count)
        await self._link.run("DELETE FROM spool_progress WHERE file = %s", (file.name,))
        await asyncio.to_thread(file.remove)
        log.info("spool.drained", file=file.name, items=moved)
        return moved

    async def _step(self, file: SpoolFile) -> int | None:
        """One transaction; None at the end of the file."""
        async with self._link.connection() as connection, connection.transaction():
            offset = await self._offset(connection, file.name)
            chunk = await asyncio.to_thread(file.chunk, offset)
            if chunk is None:
                return None
            if chunk.items:
                parameters = wire.parameters(chunk.items, writer=self._writer)
                await connection.execute(wire.INSERT, parameters)
            await connection.execute(
                'UPDATE spool_progress SET "offset" = %s, updated_at = %s WHERE file = %s',
                (chunk.end, self._clock.now(), file.name),
            )
            return len(chunk.items)

    async def _offset(self, connection: Connection, name: str) -> int:
        cursor = await connection.execute(
            'INSERT INTO spool_progress AS known (file, "offset", updated_at) VALUES (%s, 0, %s)'
            " ON CONFLICT (file) DO UPDATE SET updated_at = known.updated_at"
            ' RETURNING "offset"',
            (name, self._clock.now()),
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

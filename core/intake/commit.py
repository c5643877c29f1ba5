"""Group commit: what arrives while a write is under way shares the next one. There is no timer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from core.errors import DependencyError

T = TypeVar("T")
log = structlog.get_logger()


class GroupCommit(Generic[T]):
    """`write` makes a batch durable, or raises; each `put` then returns, or raises the same."""

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[None]],
        *,
        most: int = 500,
        weigh: Callable[[T], int] = lambda _thing: 1,
        heaviest: int = 16 * 2**20,
    ) -> None:
        self._write = write
        self._most = most
        self._weigh = weigh
        self._heaviest = heaviest
        self._waiting: list[tuple[Sequence[T], asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Writes what waits, then ends; nothing is taken any more."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task

    async def put(self, things: Sequence[T]) -> None:
        """Returns once they are durable, all of them in one batch."""
        if self._closing:
            raise DependencyError("the process is stopping", retry_after=5.0)
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((things, done))
        self._arrived.set()
        await done

    async def _run(self) -> None:
        while not (self._closing and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._flush(self._next())

    def _next(self) -> list[tuple[Sequence[T], "asyncio.Future[None]"]]:
        waiting, count, weight = self._waiting, 0, 0
        for taken, (things, _done) in enumerate(waiting):
            count += len(things)
            weight += sum(map(self._weigh, things))
            if taken and (count > self._most or weight > self._heaviest):
                self._waiting = waiting[taken:]
                return waiting[:taken]
        self._waiting = []
        return waiting

    async def _flush(self, batch: list[tuple[Sequence[T], "asyncio.Future[None]"]]) -> None:
        """The edge where a failure of any kind belongs to those who wait, not to the loop."""
        failure: Exception | None = None
        try:
            await self._write([thing for things, _done in batch for thing in things])
        except Exception as error:  # noqa: BLE001 - given to every caller
            failure = error
        for _things, done in batch:
            if done.done():  # its request was given up
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)

"""A small TCP proxy that delays, swallows and resets what passes through it."""

import asyncio
import random
import socket
import struct
import threading
from dataclasses import dataclass, field

CHUNK = 65_536
ABORT_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class Link:
    """One connection of a client, with its counterpart at the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def abort(self):
        """So that both ends see a reset, and no orderly end."""
        for writer in (self.client, self.server):
            if writer is None:
                continue
            connection = writer.get_extra_info("socket")
            if connection is not None and connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT_ON_CLOSE)
            writer.transport.abort()
        self.open.set()

    def close(self):
        for writer in (self.client, self.server):
            if writer is not None:
                writer.close()


class Proxy:
    """Runs an event loop in a thread of its own; every fault is one call from outside.

    Which connections a fault hits is drawn by its `share`, for those that come during it as well.
    """

    def __init__(self, host, port, *, seed=7):
        self._upstream = (host, port)
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._links = set()
        self._share = {"swallow": 0.0, "refuse": 0.0, "late": 0.0}
        self._seconds = 0.0
        self._server = None
        self.port = 0

    def __enter__(self):
        self._thread.start()
        self._server = self._do(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self, share=1.0):
        """Returns how many connections were reset."""
        return self._do(self._reset(share))

    def swallow(self, share=1.0):
        return self._do(self._swallow(share))

    def delay(self, seconds, share=1.0):
        self._seconds = seconds
        self._share["late"] = share

    def heal(self):
        self._do(self._heal())

    @property
    def connections(self):
        return len(self._links)

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self):
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _reset(self, share):
        self._share["refuse"] = share
        hit = self._drawn(share)
        for link in hit:
            link.abort()
        return len(hit)

    async def _swallow(self, share):
        self._share["swallow"] = share
        hit = self._drawn(share)
        for link in hit:
            link.open.clear()
        return len(hit)

    async def _heal(self):
        self._share = dict.fromkeys(self._share, 0.0)
        self._seconds = 0.0
        for link in self._links:
            link.open.set()

    async def _close(self):
        self._server.close()
        for link in tuple(self._links):
            link.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _drawn(self, share):
        return [link for link in tuple(self._links) if self._chance.random() < share]

    def _hit(self, what):
        return self._chance.random() < self._share[what]

    async def _accept(self, reader, writer):
        link = Link(writer)
        self._links.add(link)
        try:
            if self._hit("refuse"):
                link.abort()
                return
            if not self._hit("swallow"):
                link.open.set()
            await link.open.wait()
            await self._relay(link, reader)
        except (OSError, asyncio.CancelledError):
            return  # what is cancelled here would be printed with its trace
        finally:
            link.close()
            self._links.discard(link)

    async def _relay(self, link, reader):
        answers, link.server = await asyncio.open_connection(*self._upstream)
        ways = {
            asyncio.ensure_future(self._pump(link, reader, link.server)),
            asyncio.ensure_future(self._pump(link, answers, link.client)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, link, source, drain):
        late = self._chance.random()
        while data := await source.read(CHUNK):
            await link.open.wait()
            if late < self._share["late"]:
                await asyncio.sleep(self._seconds)
            drain.write(data)
            await drain.drain()

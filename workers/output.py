"""Passes on what children write, each line under the name of its process."""

import asyncio
import contextlib
import os
from typing import BinaryIO

LONGEST_LINE = 64 * 1024
LAST_LINES_PATIENCE = 0.5


class Lines(asyncio.Protocol):
    """Whole lines only, so that those of two processes never mix."""

    def __init__(self, prefix: str, output: BinaryIO) -> None:
        self._prefix = prefix.encode()
        self._output = output
        self._rest = b""
        self._transport: asyncio.BaseTransport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        self._write(lines)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        if self._rest:
            self._write([self._rest])
        self.closed.set()

    async def finish(self) -> None:
        """Reads what is still under way; a grandchild may hold the other end open for longer."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.closed.wait(), LAST_LINES_PATIENCE)
        if self._transport:
            self._transport.close()

    def _write(self, lines: list[bytes]) -> None:
        """A reader that went away is no reason to die: the work goes on unseen."""
        text = b"".join(self._prefix + line + b"\n" for line in lines)
        with contextlib.suppress(OSError, ValueError):
            self._output.write(text)
            self._output.flush()


async def pump(prefix: str, output: BinaryIO) -> tuple[int, Lines]:
    """A descriptor to give to a child (close it afterwards), and what reads the other end."""
    reading, writing = os.pipe()
    _transport, lines = await asyncio.get_running_loop().connect_read_pipe(
        lambda: Lines(prefix, output), os.fdopen(reading, "rb", 0)
    )
    return writing, lines

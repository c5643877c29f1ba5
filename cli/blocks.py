"""Standard input in blocks: a file is seen as a whole if it fits, an endless stream is answered."""

import io
import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

CHUNK: Final = 2**18


class Source(Protocol):
    """What standard input is: bytes as they come, and perhaps a descriptor to wait for."""

    def read1(self, size: int, /) -> bytes: ...

    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """A block ends with the input, at so many lines or bytes, or with a pause in seconds."""

    lines: int
    size: int
    pause: float


def blocks(source: Source, limits: Limits) -> Iterator[list[bytes]]:
    """Whole lines only; the last one may lack its end."""
    lines: list[bytes] = []
    size, rest = 0, b""
    while True:
        if lines and not _more_within(source, limits.pause):
            yield lines
            lines, size = [], 0
        chunk = source.read1(CHUNK)
        if not chunk:
            break
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            lines.append(line)
            size += len(line)
            if len(lines) >= limits.lines or size >= limits.size:
                yield lines
                lines, size = [], 0
    if rest:
        lines.append(rest)
    if lines:
        yield lines


def _more_within(source: Source, seconds: float) -> bool:
    try:
        descriptor = source.fileno()
    except io.UnsupportedOperation:
        return True
    return bool(select.select([descriptor], [], [], seconds)[0])

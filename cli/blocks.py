"""Standard input in blocks: a file is seen as a whole if it fits, an endless stream is answered."""

import io
import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

CHUNK: Final = 2**18
# The system counts the seconds of a pause in a number that has an end; this is 31 years.
LONGEST_PAUSE: Final = 1e9


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
    size = 0
    begun: list[bytes] = []  # of a line whose end has not come; joined once, however long it is
    while True:
        if lines and not _more_within(source, limits.pause):
            yield lines
            lines, size = [], 0
        chunk = source.read1(CHUNK)
        if not chunk:
            break
        *whole, rest = chunk.split(b"\n")
        if whole:
            whole[0], begun = b"".join([*begun, whole[0]]), []
        begun.append(rest)
        for line in whole:
            lines.append(line)
            size += len(line)
            if len(lines) >= limits.lines or size >= limits.size:
                yield lines
                lines, size = [], 0
    if rest := b"".join(begun):
        lines.append(rest)
    if lines:
        yield lines


def _more_within(source: Source, seconds: float) -> bool:
    try:
        descriptor = source.fileno()
    except io.UnsupportedOperation:
        return True
    return bool(select.select([descriptor], [], [], min(seconds, LONGEST_PAUSE))[0])

"""When a file of lines is closed, and which of the closed ones go."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MEGABYTE: Final = 2**20
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """`bytes` and `seconds` close the open file; the closed ones may take `kept_bytes`.

    Below `least_free` bytes of free disk closed files go early, and then nothing is written.
    """

    bytes: int = 16 * MEGABYTE
    seconds: float = DAY
    kept_bytes: int = 256 * MEGABYTE
    kept_seconds: float = 14 * DAY
    least_free: int = 512 * MEGABYTE

    def due(self, size: int, written: float, now: float) -> bool:
        """`written`: when something was last written. By age at the turn of a period, UTC."""
        if size == 0:
            return False
        return size >= self.bytes or int(written // self.seconds) < int(now // self.seconds)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed file; `at` is when it was closed."""

    path: Path
    size: int
    at: float


def surplus(files: Sequence[Closed], rotation: Rotation, *, free: int, now: float) -> list[Closed]:
    """The files to delete, the oldest first: by age, by bytes, for a disk that is nearly full."""
    gone: list[Closed] = []
    total = sum(file.size for file in files)
    for file in sorted(files, key=lambda each: each.at):
        too_old = now - file.at > rotation.kept_seconds
        if not too_old and total <= rotation.kept_bytes and free >= rotation.least_free:
            break
        gone.append(file)
        total -= file.size
        free += file.size
    return gone

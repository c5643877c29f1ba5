"""The file of lines that all processes of a host share, closed by size and age.

1. Every line is one `write` to a file opened for appending, so lines of several writers never mix.
2. Before each line the writer looks whether the name still leads to the file that it has open; if
   not, it opens the new one. So the file is closed by renaming it, by us or by others' programs,
   and nobody needs a signal or a copy that is truncated.
3. One process at a time closes, compresses and deletes: it holds a lock that ends with it.
4. A closed file is compressed some seconds later, when nobody can still be writing to it.
"""

import fcntl
import gzip
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.clock import Clock
from core.maintenance.logs.rotation import Closed, Rotation, surplus

NAME: Final = "mendline.jsonl"
LOCK: Final = ".lock"
PACKED: Final = ".gz"
UNFINISHED: Final = ".part"
CLOSED: Final = re.compile(r"mendline-\d{8}T\d{12}Z-\d+\.jsonl(\.gz)?")
CHUNK: Final = 2**20
# A writer looks and writes at once; longer than any pause in between.
GRACE_SECONDS: Final = 5.0


class LogFile:
    """`lost` counts lines that could not be written, as on a full disk; nothing is raised."""

    def __init__(self, folder: Path, rotation: Rotation, *, clock: Clock) -> None:
        self.path = folder / NAME
        self._folder = folder
        self._rotation = rotation
        self._clock = clock
        self._descriptor = -1
        self._identity = (0, 0)
        self.paused = False
        self.lost = 0

    def write(self, line: bytes) -> None:
        if self.paused:
            self.lost += 1
            return
        try:
            due = self._look()
            os.write(self._descriptor, line)
            if due:
                self._close()
        except OSError:
            self.lost += 1

    def tidy(self) -> None:
        """Compresses and deletes what is closed; by one process of the host at a time."""
        self.paused = self._free() < self._rotation.least_free and not self._closed()
        with suppress(OSError), self._turn() as ours:
            if ours:
                self._close_if_due()
                self._compress()
                self._delete()

    def _look(self) -> bool:
        """Opens the file that has the name now; says whether it is due to be closed."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._open()
            return False
        if self._descriptor < 0 or (found.st_dev, found.st_ino) != self._identity:
            self._open()
        return self._rotation.due(found.st_size, found.st_mtime, self._now())

    def _open(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        old, self._descriptor = self._descriptor, new
        found = os.fstat(new)
        self._identity = (found.st_dev, found.st_ino)
        if old >= 0:
            os.close(old)

    def _close(self) -> None:
        with self._turn() as ours:
            if ours:
                self._close_if_due()

    def _close_if_due(self) -> None:
        """Seen again with the lock: another process may have been faster."""
        with suppress(FileNotFoundError):
            found = self.path.stat()
            if self._rotation.due(found.st_size, found.st_mtime, self._now()):
                moment = f"{self._clock.now().astimezone(UTC):%Y%m%dT%H%M%S%f}Z"
                self.path.rename(self._folder / f"mendline-{moment}-{os.getpid()}.jsonl")

    def _closed(self) -> list[Closed]:
        with suppress(OSError):
            return [_closed(path) for path in self._folder.iterdir() if CLOSED.fullmatch(path.name)]
        return []

    def _compress(self) -> None:
        for part in self._folder.glob(f"*{UNFINISHED}"):
            part.unlink()
        for file in self._closed():
            if file.path.suffix != PACKED and self._quiet(file):
                compress(file.path)

    def _quiet(self, file: Closed) -> bool:
        return self._now() - file.path.stat().st_mtime > GRACE_SECONDS < self._now() - file.at

    def _delete(self) -> None:
        for file in surplus(self._closed(), self._rotation, free=self._free(), now=self._now()):
            file.path.unlink(missing_ok=True)

    def _free(self) -> int:
        with suppress(OSError):
            return shutil.disk_usage(self._folder).free
        return self._rotation.least_free

    def _now(self) -> float:
        return self._clock.now().timestamp()

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is ours; nobody waits. Opened anew each time: a fork would share the lock."""
        descriptor = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)


def compress(path: Path) -> Path:
    """Replaces the file by its compressed form, which is there wholly or not at all."""
    part, packed = Path(f"{path}{UNFINISHED}"), Path(f"{path}{PACKED}")
    with path.open("rb") as plain, gzip.open(part, "wb", compresslevel=6) as out:
        shutil.copyfileobj(plain, out, CHUNK)
    part.chmod(0o600)
    part.rename(packed)
    path.unlink()
    return packed


def _closed(path: Path) -> Closed:
    """By its name: the moment stays what it was when the file is compressed or copied."""
    stamp = path.name.split("-")[1]
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    return Closed(path, path.stat().st_size, at.timestamp())

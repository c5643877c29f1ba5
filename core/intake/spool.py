"""Files that keep accepted items while PostgreSQL is away: fsynced before anybody is answered.

Each process writes files of its own and holds a lock on them as long as it lives; whoever gets the
lock may drain the file, so the files of a process that died are drained by another one.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from core.errors import DependencyError, DiskFullError
from core.intake import record
from core.intake.item import InboxItem
from core.intake.rejection import Reason

SUFFIX: Final = ".spool"
DRAINED: Final = ".drained"
_CHUNK: Final = 4 * 2**20
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY_AFTER: Final = 10.0
_CLOSED: Final = -1

log = structlog.get_logger()


class SpoolFullError(DependencyError):
    """PostgreSQL is away, and what may be kept meanwhile is reached."""

    code = "ML-DISK-0002"


class Chunk(NamedTuple):
    items: list[InboxItem]
    end: int


class SpoolFile:
    """One file under lock. `size` is what is durable of it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    @classmethod
    def create(cls, folder: Path) -> "SpoolFile":
        """Under its final name only once it is locked: nobody may adopt it before."""
        path = folder / secrets.token_hex(16)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        made = cls(path, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            made.append(record.MAGIC)
            made.path = path.rename(path.with_suffix(SUFFIX))
            sync_folder(folder)
        except OSError:
            made.remove()
            raise
        return made

    @classmethod
    def adopt(cls, path: Path) -> "SpoolFile | None":
        """A file that no living process holds, or None."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink == 0:  # drained meanwhile
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    @property
    def name(self) -> str:
        return self.path.stem

    def append(self, data: bytes) -> None:
        """Durable when it returns; a write that failed leaves nothing behind."""
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._descriptor, data[written:], self.size + written)
            os.fdatasync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def chunk(self, offset: int) -> Chunk | None:
        """Some records from `offset` on; None where no whole one is left."""
        start = offset or len(record.MAGIC)
        data = os.pread(self._descriptor, _CHUNK, start)
        needed = record.size_of_first(data, 0)
        if needed is not None and len(data) < needed <= self.size - start:
            data = os.pread(self._descriptor, needed, start)
        items: list[InboxItem] = []
        end = 0
        for found in record.scan(data):
            end = found.end
            if found.item is None:
                log.error("spool.damaged", file=self.name, offset=start + end)
            else:
                items.append(found.item)
        if end == 0 and data:
            log.warning("spool.torn", file=self.name, offset=start, bytes=len(data))
        return Chunk(items, start + end) if end else None

    def projects(self, offset: int) -> Iterator[int]:
        """The project of each record from `offset` on; no body is read."""
        at = offset or len(record.MAGIC)
        while (found := record.glance(os.pread(self._descriptor, record.GLANCE, at))) is not None:
            project_id, size = found
            at += size
            if at > self.size:
                return
            yield project_id

    def retire(self) -> None:
        """Its records are in the inbox: from now on nobody will drain it again."""
        self.path = self.path.rename(self.path.with_suffix(DRAINED))
        sync_folder(self.path.parent)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, _CLOSED
        if descriptor != _CLOSED:
            os.close(descriptor)


class Spool:
    """The spool folder of a host, as one process uses it. Blocking: call it in a thread."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self.folder = folder
        self._limit = limit
        self._file: SpoolFile | None = None
        self._sealed: list[SpoolFile] = []

    def append(self, items: Sequence[InboxItem]) -> None:
        """All of them or none."""
        data = b"".join([record.encode(item) for item in items])
        if self.size() + len(data) > self._limit:
            raise SpoolFullError(retry_after=_RETRY_AFTER, reason=Reason.SPOOL_FULL)
        try:
            if self._file is None:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file = SpoolFile.create(self.folder)
            self._file.append(data)
        except OSError as error:
            self.seal()
            if error.errno not in _NO_SPACE:
                raise
            raise DiskFullError(retry_after=_RETRY_AFTER, reason=Reason.SPOOL_FULL) from error

    def seal(self) -> None:
        """What was written so far may be drained; later items go to another file."""
        if self._file is not None:
            self._sealed.append(self._file)
            self._file = None

    def claim(self) -> Iterator[SpoolFile]:
        """Files to drain: sealed ones of this process, and those of processes that died."""
        while self._sealed:
            yield self._sealed.pop()
        own = None if self._file is None else self._file.path
        for path in self.waiting():
            adopted = SpoolFile.adopt(path) if path != own else None
            if adopted is not None:
                yield adopted

    def waiting(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(p for p in self.folder.iterdir() if p.suffix in {SUFFIX, DRAINED})

    def size(self) -> int:
        """Bytes of all files, also those of other processes."""
        return sum(size_of(path) for path in self.waiting())

    def close(self) -> None:
        self.seal()
        while self._sealed:
            self._sealed.pop().close()


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def sync_folder(folder: Path) -> None:
    """Makes new and changed names in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

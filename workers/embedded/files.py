"""Whether a folder may be used: nobody else holds it, and its disk has room."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ConflictError, DiskFullError

LEAST_FREE_BYTES = 128 * 2**20


def require_space(folder: Path) -> None:
    """Refuses before a server starts that would fall over its first write-ahead segment."""
    stats = os.statvfs(folder)
    free = stats.f_bavail * stats.f_frsize
    if free < LEAST_FREE_BYTES:
        raise DiskFullError(
            f"Only {free // 2**20} MB are free on the disk of {folder},"
            f" {LEAST_FREE_BYTES // 2**20} MB are needed; free some and start again."
        )


@contextmanager
def locked(path: Path, holder: str) -> Iterator[None]:
    """Holds the file for this process until the end of the block; the kernel frees it on death."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise ConflictError(
                f"{holder} already runs on {path.parent} (process {owner}); stop that one first,"
                " or choose another data directory."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)

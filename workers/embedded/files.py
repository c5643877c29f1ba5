"""Private files and folders of the data directory: made with narrow modes, never widened."""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ConflictError, DiskFullError

LEAST_FREE_BYTES = 128 * 2**20


def private_folder(path: Path) -> Path:
    """Makes the folder for its owner only; one that exists keeps its mode."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replaces the file at once and whole; only its owner may read it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with disk_errors(path):
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def kept_secret(path: Path) -> str:
    """The secret in the file; made on first use."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(
                f"No space left on the disk of {path}; free some and start again."
            ) from error
        raise


def require_space(folder: Path, *, least: int = LEAST_FREE_BYTES) -> None:
    """Refuses before a server starts that would fall over its first write-ahead segment."""
    stats = os.statvfs(folder)
    free = stats.f_bavail * stats.f_frsize
    if free < least:
        raise DiskFullError(
            f"Only {free // 2**20} MB are free on the disk of {folder},"
            f" {least // 2**20} MB are needed; free some and start again."
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

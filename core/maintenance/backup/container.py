"""The file of a backup: the dump, its manifest, and a footer that proves both.

`dump | manifest (JSON) | length of the dump, length of the manifest (8 bytes each, big endian) |
SHA-256 of all before | mark`. A dump without encryption stands first as pg_dump wrote it, so that
`pg_restore` reads the file as it is.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from core.errors import DiskFullError
from core.maintenance.backup.manifest import Manifest
from core.maintenance.backup.problems import BackupNotFoundError, DamagedBackupError

MARK: Final = b"MENDLINE-BACKUP1"
LENGTHS: Final = struct.Struct(">QQ")
FOOTER: Final = LENGTHS.size + 32 + len(MARK)
PIECE: Final = 2**20
SUFFIX: Final = ".mendline"
DRAFT: Final = ".draft"
LARGEST_MANIFEST: Final = 2**26
DISK_FULL: Final = {28, 122}  # ENOSPC, EDQUOT


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that looks like a backup from its end; what is in it is not checked yet."""

    path: Path
    manifest: Manifest
    dump_bytes: int
    bytes: int


def write(path: Path, chunks: Iterable[bytes], manifest: Callable[[int], Manifest]) -> Backup:
    """Whole or not at all: a draft that takes its name when it is safe on disk."""
    draft = path.with_name(path.name + DRAFT)
    try:
        with _space(path), os.fdopen(_created(draft), "wb") as file:
            made, length = _fill(file, chunks, manifest)
            file.flush()
            os.fsync(file.fileno())
        with _space(path):
            draft.rename(path)
            _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return Backup(path, made, length, path.stat().st_size)


def _fill(
    file: IO[bytes], chunks: Iterable[bytes], manifest: Callable[[int], Manifest]
) -> tuple[Manifest, int]:
    digest, length = hashlib.sha256(), 0
    for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        length += len(chunk)
    made = manifest(length)
    raw = made.as_bytes()
    tail = raw + LENGTHS.pack(length, len(raw))
    digest.update(tail)
    file.write(tail + digest.digest() + MARK)
    return made, length


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def look(path: Path) -> Backup:
    """Reads the footer and the manifest only."""
    with _opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size < FOOTER:
            raise DamagedBackupError(f"{path} is too short to be a backup.")
        file.seek(size - FOOTER)
        footer = file.read(FOOTER)
        dump, manifest = LENGTHS.unpack_from(footer)
        if not footer.endswith(MARK):
            raise DamagedBackupError(f"{path} does not end as a backup does: it is none, or cut.")
        if dump + manifest + FOOTER != size or manifest > LARGEST_MANIFEST:
            raise DamagedBackupError(f"{path} has another length than it says.")
        file.seek(dump)
        return Backup(path, Manifest.parse(file.read(manifest)), dump, size)


def check(path: Path) -> None:
    """Reads the whole file and compares its checksum."""
    with _opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        digest = hashlib.sha256()
        for piece in _pieces(file, size - 32 - len(MARK)):
            digest.update(piece)
        if file.read(32) != digest.digest():
            raise DamagedBackupError(
                f"{path} was changed after it was written: its checksum is another one."
            )


@contextmanager
def dump_of(backup: Backup) -> Iterator[Callable[[int], bytes]]:
    """A reader of the dump alone."""
    with _opened(backup.path) as file:
        left = backup.dump_bytes

        def read(wanted: int) -> bytes:
            nonlocal left
            piece = file.read(min(wanted, left))
            left -= len(piece)
            return piece

        yield read


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            yield file
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BackupNotFoundError(f"There is no backup {path}.") from error


def _pieces(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0:
        piece = file.read(min(PIECE, length))
        if not piece:
            return
        length -= len(piece)
        yield piece


@contextmanager
def _space(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise DiskFullError(
                f"No space left on the disk of {path.parent}; free some and start again. Nothing "
                "of this backup was left behind, earlier ones are untouched."
            ) from error
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Letters and orders that a worker keeps on disk while PostgreSQL is away, each in its own file.

1. A file is fsynced before it gets its final name, and its message is acknowledged only then.
2. Whoever drains it holds a lock on it; the transaction that brings it in also writes the file's
   name, so that a file that could not be removed is not brought in twice.
3. What PostgreSQL refuses for what it is stays on disk under another name, for people to look at.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.deadletters.sheet import Sheet, UnreadableSheetError, pack, unpack
from core.errors import DiskFullError
from core.intake.spool import size_of, sync_folder
from core.model import SpoolProgress
from core.store.engine import Database
from core.store.refused import refused

SUFFIX: Final = ".letter"
REFUSED: Final = ".refused"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is in the folder; `refused` are files that PostgreSQL did not take."""

    files: int = 0
    refused: int = 0
    oldest: datetime | None = None


class LetterSpool:
    """The folder of one host, shared by all its workers."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self.folder = folder
        self._limit = limit

    def keep(self, sheet: Sheet) -> None:
        """Durable when it returns; raises OSError or DiskFullError where it is not."""
        data = pack(sheet)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if sum(map(size_of, self._files(SUFFIX))) + len(data) > self._limit:
            raise DiskFullError(folder=str(self.folder))
        # Names in the order of arrival.
        path = self.folder / f"{sheet.at.timestamp():017.6f}-{secrets.token_hex(8)}.new"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.rename(path.with_suffix(SUFFIX))
            sync_folder(self.folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def drain(self, database: Database, *, most: int) -> int:
        """Brings files in, the oldest first; how many. Raises when PostgreSQL goes away."""
        drained = 0
        for path in self._files(SUFFIX)[:most]:
            with _locked(path) as data:
                drained += data is not None and _bring(database, path, data)
        return drained

    def waiting(self) -> Waiting:
        files = self._files(SUFFIX)
        return Waiting(
            files=len(files),
            refused=len(self._files(REFUSED)),
            oldest=_kept_at(files[0]) if files else None,
        )

    def _files(self, suffix: str) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix == suffix)


def _bring(database: Database, path: Path, data: bytes) -> bool:
    try:
        sheet = unpack(data)
        with database.transaction() as session:
            if _first_time(session, path.stem, sheet.at):
                sheet.write(session)
    except UnreadableSheetError as error:
        return _set_aside(path, error)
    except SQLAlchemyError as error:
        if not refused(error):
            raise
        return _set_aside(path, error)
    path.unlink()
    sync_folder(path.parent)
    with database.transaction() as session:
        session.execute(delete(SpoolProgress).where(SpoolProgress.file == path.stem))
    return True


def _first_time(session: Session, name: str, at: datetime) -> bool:
    statement = (
        insert(SpoolProgress)
        .values(file=name, offset=0, updated_at=at)
        .on_conflict_do_nothing(index_elements=["file"])
        .returning(SpoolProgress.file)
    )
    return session.execute(statement).first() is not None


def _set_aside(path: Path, error: Exception) -> bool:
    path.rename(path.with_suffix(REFUSED))
    log.error("letter.refused", file=path.stem, error=str(error)[:500])
    return False


@contextmanager
def _locked(path: Path) -> Iterator[bytes | None]:
    """The content, while nobody else may drain it; None where somebody does or has done."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        removed = os.fstat(file.fileno()).st_nlink == 0 or not path.exists()
        yield None if removed else file.read()


def _kept_at(path: Path) -> datetime | None:
    seconds = path.stem.partition("-")[0]
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except ValueError:
        return None

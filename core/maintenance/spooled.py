"""What waits in the spool of this host, counted without taking part in draining it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.intake.spool import SUFFIX, SpoolFile
from core.model import SpoolProgress


@dataclass(frozen=True, slots=True)
class Spooled:
    """`oldest` is when the first of the waiting events was received."""

    files: int = 0
    events: int = 0
    oldest: datetime | None = None


def count(session: Session, folder: Path) -> Spooled:
    counted = [_of_file(path, offset) for path, offset in _files(session, folder)]
    oldest = [each.oldest for each in counted if each.oldest is not None]
    return Spooled(
        files=sum(each.files for each in counted),
        events=sum(each.events for each in counted),
        oldest=min(oldest, default=None),
    )


def events(session: Session, folder: Path, *, project_id: int | None = None) -> int:
    """How many wait, of all projects or of one; quick, for it looks at heads of records only."""
    found = 0
    for path, offset in _files(session, folder):
        with _opened(path) as file:
            ids = file.projects(offset) if file else ()
            found += sum(project_id in {None, each} for each in ids)
    return found


def _files(session: Session, folder: Path) -> list[tuple[Path, int]]:
    """With how far each is drained. One that is done has another suffix until it is removed."""
    files = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    if not files:
        return []
    progress = session.execute(select(SpoolProgress.file, SpoolProgress.offset))
    drained = {name: offset for name, offset in progress}  # noqa: C416 (rows are no pairs to mypy)
    return [(path, drained.get(path.stem, 0)) for path in files]


@contextmanager
def _opened(path: Path) -> Iterator[SpoolFile | None]:
    try:
        file = SpoolFile(path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except FileNotFoundError:  # drained and removed meanwhile
        yield None
        return
    try:
        yield file
    finally:
        file.close()


def _of_file(path: Path, offset: int) -> Spooled:
    with _opened(path) as file:
        return _of_open(file, offset) if file else Spooled()


def _of_open(file: SpoolFile, offset: int) -> Spooled:
    events = 0
    oldest: datetime | None = None
    while (chunk := file.chunk(offset)) is not None:
        received = [item.received_at for item in chunk.items]
        oldest = min(received if oldest is None else [oldest, *received], default=None)
        events += len(received)
        offset = chunk.end
    return Spooled(files=1, events=events, oldest=oldest)

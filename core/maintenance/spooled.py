"""What waits in the spool of this host, counted without taking part in draining it."""

import os
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
    """A drained file keeps another suffix until it is removed; its events are in the inbox."""
    files = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    progress = session.execute(select(SpoolProgress.file, SpoolProgress.offset))
    drained = {name: offset for name, offset in progress}  # noqa: C416 (rows are no pairs to mypy)
    counted = [_of_file(path, drained.get(path.stem, 0)) for path in files]
    oldest = [each.oldest for each in counted if each.oldest is not None]
    return Spooled(
        files=sum(each.files for each in counted),
        events=sum(each.events for each in counted),
        oldest=min(oldest, default=None),
    )


def _of_file(path: Path, offset: int) -> Spooled:
    try:
        file = SpoolFile(path, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except FileNotFoundError:  # drained and removed meanwhile
        return Spooled()
    try:
        return _of_open(file, offset)
    finally:
        file.close()


def _of_open(file: SpoolFile, offset: int) -> Spooled:
    events = 0
    oldest: datetime | None = None
    while (chunk := file.chunk(offset)) is not None:
        received = [item.received_at for item in chunk.items]
        oldest = min(received if oldest is None else [oldest, *received], default=None)
        events += len(received)
        offset = chunk.end
    return Spooled(files=1, events=events, oldest=oldest)

"""Rows of backups: what was taken, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model import BackupRun
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(BackupRun.id, BackupRun.id)


class State(StrEnum):
    """A failed one could not be restored, or was not what went into it."""

    MADE = "made"
    PROVEN = "proven"
    FAILED = "failed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    name: str
    host: str
    path: str
    taken_at: datetime
    seconds: float
    bytes: int
    rows: int
    revision: str | None
    encrypted: bool
    cause: str
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How the restore of a backup went."""

    ok: bool
    at: datetime
    recovery_seconds: float | None
    proof: dict[str, Any]


def record(session: Session, taken: Taken) -> None:
    """A file that has its row already keeps it."""
    values = {name: getattr(taken, name) for name in taken.__dataclass_fields__}
    statement = insert(BackupRun).values(state=State.MADE, **values)
    session.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def tried(session: Session, name: str, outcome: Tried) -> None:
    row = get(session, name)
    if row is not None:
        row.state = State.PROVEN if outcome.ok else State.FAILED
        row.proven_at = outcome.at if outcome.ok else row.proven_at
        row.recovery_seconds = outcome.recovery_seconds
        row.proof = outcome.proof


def copied(session: Session, name: str, place: str) -> None:
    row = get(session, name)
    if row is not None:
        row.place = place


def removed(session: Session, name: str, *, at: datetime) -> None:
    row = get(session, name)
    if row is not None:
        row.state, row.removed_at = State.REMOVED, at


def get(session: Session, name: str) -> BackupRun | None:
    return session.scalar(select(BackupRun).where(BackupRun.name == name).with_for_update())


def by_id(session: Session, number: int) -> BackupRun | None:
    return session.get(BackupRun, number)


def named(session: Session, names: Sequence[str]) -> dict[str, BackupRun]:
    found = session.scalars(select(BackupRun).where(BackupRun.name.in_(names)))
    return {row.name: row for row in found}


def page(session: Session, *, cursor: Cursor | None = None, limit: int = 100) -> Page:
    """Newest first; each row begins with the `BackupRun`."""
    return ORDER.page(session, select(BackupRun), cursor=cursor, limit=limit)

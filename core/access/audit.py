"""Who did what, when and from where, written in the transaction of the act."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model.audit import AuditEntry
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(AuditEntry.id, AuditEntry.id)


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` tells nothing secret; `address` is where a request came from."""

    name: str
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`detail` has no arguments of messages and no other values of strangers."""

    name: str
    subject: str
    subject_id: int
    project_id: int | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which acts are looked for; of a list any will do, and an empty one asks for nothing."""

    actors: Collection[str] = ()
    acts: Collection[str] = ()
    subjects: Collection[str] = ()
    subject_ids: Collection[int] = ()
    projects: Collection[int] = ()
    since: datetime | None = None
    until: datetime | None = None


def record(session: Session, actor: Actor, act: Act, *, now: datetime) -> None:
    entry = AuditEntry(
        at=now,
        actor=actor.name,
        address=actor.address,
        act=act.name,
        subject=act.subject,
        subject_id=act.subject_id,
        project_id=act.project_id,
        detail=dict(act.detail or {}),
    )
    session.add(entry)


def of(session: Session, subject: str, subject_id: int) -> Sequence[AuditEntry]:
    """Oldest first."""
    statement = select(AuditEntry).where(
        AuditEntry.subject == subject, AuditEntry.subject_id == subject_id
    )
    return session.scalars(statement.order_by(AuditEntry.id)).all()


def page(session: Session, asked: Asked, *, cursor: Cursor | None = None, limit: int = 100) -> Page:
    """Newest first; each row begins with the `AuditEntry`."""
    statement = select(AuditEntry)
    lists = (
        (AuditEntry.actor, asked.actors),
        (AuditEntry.act, asked.acts),
        (AuditEntry.subject, asked.subjects),
        (AuditEntry.subject_id, asked.subject_ids),
        (AuditEntry.project_id, asked.projects),
    )
    for column, wanted in lists:
        if wanted:
            statement = statement.where(column.in_(wanted))
    if asked.since is not None:
        statement = statement.where(AuditEntry.at >= asked.since)
    if asked.until is not None:
        statement = statement.where(AuditEntry.at < asked.until)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)

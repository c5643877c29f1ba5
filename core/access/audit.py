"""Who did what, when and from where, written in the transaction of the act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model.audit import AuditEntry


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

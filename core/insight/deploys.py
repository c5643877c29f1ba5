"""What pipelines and people say that they changed, so that "what changed before" can name it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.model import Deploy
from core.store.paging import MOMENT, Cursor, Keyset, Page

ORDER: Final = Keyset(Deploy.at, Deploy.id, MOMENT)


class DeployKind(StrEnum):
    """`migration` is of a database's schema, `switch` of a feature."""

    RELEASE = "release"
    CONFIG = "config"
    MIGRATION = "migration"
    SWITCH = "switch"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeploy:
    """`at`: when it took effect; now, if nobody says so."""

    project_id: int
    name: str
    kind: DeployKind = DeployKind.RELEASE
    environment: str | None = None
    component: str | None = None
    note: str = ""
    at: datetime | None = None


def record(session: Session, new: NewDeploy, *, actor: Actor, now: datetime) -> Deploy:
    deploy = Deploy(
        project_id=new.project_id,
        kind=new.kind.value,
        name=new.name,
        environment=new.environment,
        component=new.component,
        note=new.note,
        at=new.at or now,
        created_by=actor.name,
        created_at=now,
    )
    session.add(deploy)
    session.flush()
    act = Act(
        name="deploy.recorded",
        subject="deploy",
        subject_id=deploy.id,
        project_id=new.project_id,
        detail={"kind": new.kind.value, "name": new.name},
    )
    audit.record(session, actor, act, now=now)
    return deploy


def page(
    session: Session,
    *,
    project_id: int | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the `Deploy`."""
    statement = select(Deploy)
    if project_id is not None:
        statement = statement.where(Deploy.project_id == project_id)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def within(session: Session, project_id: int, since: datetime, until: datetime) -> Sequence[Deploy]:
    """Those that took effect in that time, the newest first."""
    statement = select(Deploy).where(
        Deploy.project_id == project_id, Deploy.at > since, Deploy.at <= until
    )
    return session.scalars(statement.order_by(Deploy.at.desc(), Deploy.id.desc())).all()

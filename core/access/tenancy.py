"""Projects as people make and change them, and who did."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.access.audit import Act, Actor, record
from core.model import Project, ProjectKey
from core.store import projects


def create(
    session: Session, name: str, actor: Actor, *, now: datetime
) -> tuple[Project, ProjectKey]:
    project, key = projects.create(session, name, now=now)
    note(session, "project.create", project, actor, now=now, name=project.name)
    return project, key


def keep(
    session: Session,
    project_id: int,
    wanted: Mapping[str, int | None],
    actor: Actor,
    *,
    now: datetime,
) -> Project:
    """How long and how much of its events stays, by the names of the settings; none forgets one."""
    project = projects.keep(session, project_id, wanted)
    note(session, "project.retention", project, actor, now=now, **wanted)
    return project


def rotate_key(
    session: Session, project: Project, actor: Actor, *, now: datetime, keep_old: bool = False
) -> ProjectKey:
    """A new key. The old ones stop working at once, unless clients need time to change."""
    key = projects.rotate_key(session, project.id, now=now, keep_old=keep_old)
    told = {"key_id": key.id, "kept_old": keep_old}
    note(session, "project.rotate_key", project, actor, now=now, **told)
    return key


def note(
    session: Session, name: str, project: Project, actor: Actor, /, *, now: datetime, **detail: Any
) -> None:
    """An act on a whole project."""
    act = Act(
        name=name,
        subject="project",
        subject_id=project.id,
        project_id=project.id,
        detail=detail,
    )
    record(session, actor, act, now=now)

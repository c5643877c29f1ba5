"""Projects and the public keys by which their events come in."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.model import Project, ProjectKey
from core.store.paging import Cursor, Keyset, Page

LONGEST_NAME: Final = 100
ORDER: Final = Keyset(Project.id, Project.id)
# What a project may set for its own events, from the least to the most that makes sense.
RETENTION: Final[Mapping[str, tuple[int, int]]] = {
    "retention_bytes": (2**20, 2**53),
    "retention_days": (1, 36_500),
}


class ProjectNotFoundError(NotFoundError):
    """There is no such project."""

    code = "ML-REF-0010"


class ProjectExistsError(ConflictError):
    """A project of this name exists already."""

    code = "ML-REF-0011"


def create(
    session: Session, name: str, *, now: datetime, settings: dict[str, Any] | None = None
) -> tuple[Project, ProjectKey]:
    """A new project with its first key."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInputError(f"A project's name has 1 to {LONGEST_NAME} characters.")
    statement = (
        insert(Project)
        .values(name=name, settings=settings or {}, created_at=now)
        .on_conflict_do_nothing(index_elements=[Project.name])
        .returning(Project)
    )
    project = session.scalar(statement)
    if project is None:
        raise ProjectExistsError(f"A project named {name!r} exists already.", name=name)
    return project, _add_key(session, project.id, now)


def ensure(session: Session, name: str, *, now: datetime) -> tuple[Project, ProjectKey]:
    """The project of this name with its newest key, made now if it is missing."""
    found = session.scalar(select(Project).where(Project.name == name))
    if found is None:
        return create(session, name, now=now)
    return found, current_key(session, found.id) or _add_key(session, found.id, now)


def get(session: Session, project_id: int) -> Project:
    found = session.get(Project, project_id)
    if found is None:
        raise ProjectNotFoundError(f"There is no project {project_id}.", project_id=project_id)
    return found


def visible(session: Session, project_id: int, *, only: int | None) -> Project:
    """As `get`; for who may see `only` one project the others are not there."""
    if only is not None and project_id != only:
        raise ProjectNotFoundError(f"There is no project {project_id}.", project_id=project_id)
    return get(session, project_id)


def find(session: Session, name_or_id: str) -> Project:
    """What people type: the name, or else the number."""
    found = session.scalar(select(Project).where(Project.name == name_or_id))
    if found is not None:
        return found
    if name_or_id.isascii() and name_or_id.isdigit():
        return get(session, min(int(name_or_id), 2**63 - 1))
    raise ProjectNotFoundError(f"There is no project {name_or_id!r}.", name=name_or_id)


def every(session: Session) -> Sequence[Project]:
    return session.scalars(select(Project).order_by(Project.id)).all()


def page(
    session: Session, *, only: int | None = None, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `Project`."""
    statement = select(Project) if only is None else select(Project).where(Project.id == only)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def rename(session: Session, project_id: int, name: str) -> Project:
    project = get(session, project_id)
    taken = session.scalar(select(Project.id).where(Project.name == name, Project.id != project_id))
    if taken is not None:
        raise ProjectExistsError(f"A project named {name!r} exists already.", name=name)
    project.name = name
    session.flush()
    return project


def check(wanted: Mapping[str, Any]) -> None:
    """Refuses what the jobs that go by the settings of projects could not go by."""
    unknown = set(wanted) - RETENTION.keys()
    if unknown:
        raise InvalidInputError(f"A project has no setting {', '.join(sorted(unknown))}.")
    for name, value in wanted.items():
        least, most = RETENTION[name]
        if value is not None and not (type(value) is int and least <= value <= most):
            raise InvalidInputError(f"{name} is from {least} to {most}, and not {value!r}.")


def keep(session: Session, project_id: int, wanted: Mapping[str, int | None]) -> Project:
    """How long and how much of its events stays, by the names of the settings; none forgets one."""
    project = get(session, project_id)
    check(wanted)
    changed = {**project.settings, **wanted}
    project.settings = {name: value for name, value in changed.items() if value is not None}
    session.flush()
    return project


def by_public_key(session: Session, public_key: str) -> Project | None:
    """The project that a DSN's key writes to; none when the key is unknown or revoked."""
    statement = (
        select(Project)
        .join(ProjectKey, ProjectKey.project_id == Project.id)
        .where(ProjectKey.public_key == public_key, ProjectKey.revoked_at.is_(None))
    )
    return session.scalar(statement)


def live_keys(session: Session) -> dict[str, int]:
    """Every valid public key with its project."""
    statement = select(ProjectKey.public_key, ProjectKey.project_id).where(
        ProjectKey.revoked_at.is_(None)
    )
    return dict(session.execute(statement).all())


def keys(session: Session, project_id: int) -> Sequence[ProjectKey]:
    """Newest first, with the revoked ones."""
    statement = (
        select(ProjectKey).where(ProjectKey.project_id == project_id).order_by(ProjectKey.id.desc())
    )
    return session.scalars(statement).all()


def current_key(session: Session, project_id: int) -> ProjectKey | None:
    return next((key for key in keys(session, project_id) if key.revoked_at is None), None)


def rotate_key(
    session: Session, project_id: int, *, now: datetime, keep_old: bool = False
) -> ProjectKey:
    """A new key. The old ones stop working at once, unless clients need time to change."""
    project = get(session, project_id)
    if not keep_old:
        session.execute(
            update(ProjectKey)
            .where(ProjectKey.project_id == project.id, ProjectKey.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    return _add_key(session, project.id, now)


def _add_key(session: Session, project_id: int, now: datetime) -> ProjectKey:
    key = ProjectKey(project_id=project_id, public_key=secrets.token_hex(16), created_at=now)
    session.add(key)
    session.flush()
    return key


def dsn(public_url: str, public_key: str, project_id: int) -> str:
    """`http://<32 hex>@host:port/<project id>`, with a path before the id where there is one."""
    parts = urlsplit(public_url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{public_key}@{host}{parts.path.rstrip('/')}/{project_id}"

"""Projects and the keys of their DSNs."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy.orm import Session

from config import wiring
from core.access import tenancy
from core.access.audit import Actor
from core.model import Project, ProjectKey
from core.store import projects
from web.api.acting import Acting
from web.api.auth import Admin, CallerAddress, PlatformAdmin, Reader
from web.api.listing import Listed
from web.api.schemas.projects import (
    KeyRotation,
    ProjectChange,
    ProjectCreate,
    ProjectKeyShown,
    ProjectShown,
)
from web.api.schemas.shape import Number
from web.api.schemas.stats import Stats
from web.api.services import Provided, Services
from web.api.standing import standing

router = APIRouter(prefix="/projects", tags=["projects"])


def _shown(services: Services, project: Project, key: ProjectKey | None) -> ProjectShown:
    dsn = key and projects.dsn(services.public_url, key.public_key, project.id)
    return ProjectShown(
        id=str(project.id),
        name=project.name,
        dsn=dsn,
        created_at=project.created_at,
        retention_bytes=project.settings.get("retention_bytes"),
        retention_days=project.settings.get("retention_days"),
    )


def _shown_key(services: Services, key: ProjectKey) -> ProjectKeyShown:
    return ProjectKeyShown(
        id=str(key.id),
        public_key=key.public_key,
        dsn=projects.dsn(services.public_url, key.public_key, key.project_id),
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


@router.get("", summary="List projects, newest first")
def list_projects(services: Provided, who: Reader, ask: Listed) -> list[ProjectShown]:
    with services.database.transaction() as session:
        page = projects.page(session, only=who.project_id, cursor=ask.cursor, limit=ask.limit)
        return [
            _shown(services, project, projects.current_key(session, project.id))
            for project in ask.link(page)
        ]


@router.post("", status_code=201, summary="Create a project with its first key")
def create_project(
    body: ProjectCreate,
    services: Provided,
    who: PlatformAdmin,
    address: CallerAddress,
    act: Acting,
) -> ProjectShown:
    def create(session: Session) -> ProjectShown:
        actor = Actor(who.name, address)
        made = tenancy.create(session, body.name, actor, now=services.clock.now())
        return _shown(services, *made)

    return act.once(ProjectShown, create)


@router.get("/{project_id}", summary="One project")
def get_project(project_id: Number, services: Provided, who: Reader) -> ProjectShown:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return _shown(services, project, projects.current_key(session, project.id))


@router.patch("/{project_id}", summary="How much of its events is kept, and for how long")
def change_project(
    project_id: Number,
    body: ProjectChange,
    services: Provided,
    who: PlatformAdmin,
    address: CallerAddress,
) -> ProjectShown:
    wanted, now = body.model_dump(exclude_unset=True), services.clock.now()
    with services.database.transaction() as session:
        project = tenancy.keep(session, project_id, wanted, Actor(who.name, address), now=now)
        return _shown(services, project, projects.current_key(session, project.id))


@router.get("/{project_id}/keys", summary="The keys of a project's DSNs, newest first")
def list_project_keys(
    project_id: Number, services: Provided, who: Reader
) -> Sequence[ProjectKeyShown]:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return [_shown_key(services, key) for key in projects.keys(session, project.id)]


@router.post("/{project_id}/keys/rotate", status_code=201, summary="A new key for the DSN")
def rotate_key(
    project_id: Number, body: KeyRotation, who: Admin, address: CallerAddress, act: Acting
) -> ProjectKeyShown:
    def rotate(session: Session) -> ProjectKeyShown:
        project = projects.visible(session, project_id, only=who.project_id)
        actor, now = Actor(who.name, address), act.services.clock.now()
        key = tenancy.rotate_key(session, project, actor, now=now, keep_old=body.keep_old)
        return _shown_key(act.services, key)

    return act.once(ProjectKeyShown, rotate)


@router.get("/{project_id}/stats", summary="The books of one project")
def get_project_stats(project_id: Number, services: Provided, who: Reader) -> Stats:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return standing(
            session,
            services.clock.now(),
            project_id=project.id,
            spool=wiring.spool_dir(services.settings),
        )

"""A project's own rules for grouping and classification."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fastapi import APIRouter
from sqlalchemy.orm import Session

from config.knowledge import knowledge
from core.analysis.rules import checked, read
from core.grouping import rulebook
from core.grouping.preview import preview
from core.grouping.stored import Scope
from core.model import ProjectRules
from core.store import projects
from web.api.auth import Operator, Reader
from web.api.schemas.rules import (
    PreviewAsked,
    PreviewShown,
    ProblemShown,
    RulesShown,
    RulesWritten,
    VersionShown,
)
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/projects/{project_id}/rules", tags=["rules"])
HIT_DAYS: Final = timedelta(days=30)


def _shown(services: Services, session: Session, found: ProjectRules) -> RulesShown:
    since = (services.clock.now() - HIT_DAYS).date()
    return RulesShown(
        version=found.version,
        author=found.author,
        created_at=found.created_at,
        content=found.content,
        warnings=[ProblemShown.model_validate(each) for each in read(found.content).problems],
        hits=rulebook.hits(session, found.project_id, since),
    )


@router.get("", summary="The rules of a project, or an earlier version of them")
def get_rules(
    project_id: Number, services: Provided, who: Reader, version: int | None = None
) -> RulesShown:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return _shown(services, session, rulebook.version(session, project.id, version))


@router.get(
    "/history",
    response_model=list[VersionShown],
    summary="Who changed the rules and when, newest first",
)
def list_versions(project_id: Number, services: Provided, who: Reader) -> Sequence[ProjectRules]:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return rulebook.history(session, project.id)


@router.put("", summary="Put a new version of the rules in force")
def put_rules(
    project_id: Number, body: RulesWritten, services: Provided, who: Operator
) -> RulesShown:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        now = services.clock.now()
        made = rulebook.put(session, project.id, body.content, author=who.name, now=now)
        return _shown(services, session, made)


@router.delete("", summary="Take the rules away; their versions stay to be read")
def remove_rules(project_id: Number, services: Provided, who: Operator) -> VersionShown:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        made = rulebook.remove(session, project.id, author=who.name, now=services.clock.now())
        return VersionShown.model_validate(made)


@router.post("/preview", summary="What other rules would merge, split, retitle or ignore")
def preview_rules(
    project_id: Number, body: PreviewAsked, services: Provided, who: Reader
) -> PreviewShown:
    rules = checked(body.content)
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        since = services.clock.now() - timedelta(days=body.days)
        found = preview(session, Scope(project.id, since, body.limit), rules, knowledge())
    return PreviewShown.of(found, read(body.content).problems)

"""Deploys: what pipelines say that they changed, so that issues can name what came before them."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.errors import InvalidInputError
from core.insight import deploys
from core.insight.deploys import NewDeploy
from core.store import projects
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.deploys import DeployCreate, DeployShown
from web.api.services import Provided

router = APIRouter(prefix="/deploys", tags=["deploys"])


@router.get("", response_model=list[DeployShown], summary="List deploys, newest first")
def list_deploys(services: Provided, who: Reader, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = deploys.page(session, project_id=who.project_id, cursor=ask.cursor, limit=ask.limit)
        return ask.link(page)


@router.post("", status_code=201, summary="Tell of a release or another change")
def create_deploy(
    body: DeployCreate, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> DeployShown:
    def create(session: Session) -> DeployShown:
        chosen = int(body.project) if body.project else who.project_id
        if chosen is None:
            raise InvalidInputError("Say which project: `project` is missing.", field="project")
        project = projects.visible(session, chosen, only=who.project_id)
        told = body.model_dump(exclude={"project"})
        new = NewDeploy(project_id=project.id, **told)
        actor, now = Actor(who.name, address), services.clock.now()
        return DeployShown.model_validate(deploys.record(session, new, actor=actor, now=now))

    return act.once(DeployShown, create)

"""Recovery policies of projects and their components: what is done about failures, and how far."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from config.recovery_policy import installed_words, shipped_text
from core.access.audit import Act as Audited
from core.access.audit import Actor, record
from core.model import RecoveryPolicy
from core.recovery import rulebook
from core.recovery.policy_reading import read
from core.recovery.rulebook import WHOLE_PROJECT, Place
from core.store import events, projects
from web.api.auth import CallerAddress, PlatformOperator, Reader
from web.api.listing import Listed
from web.api.schemas.policies import (
    Explained,
    PolicyChecked,
    PolicyInForce,
    PolicyShown,
    PolicyVersionShown,
    PolicyWritten,
    ShippedPolicy,
    Supposed,
)
from web.api.schemas.rules import ProblemShown
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/policies", tags=["recovery"])
Component = Annotated[
    str, Query(max_length=200, description="Of one component. Default: of the whole project.")
]


@router.get("", summary="The policies that hold, of all projects, newest first")
def list_all_policies(services: Provided, who: Reader, ask: Listed) -> list[PolicyInForce]:
    with services.database.transaction() as session:
        page = rulebook.page(session, only=who.project_id, cursor=ask.cursor, limit=ask.limit)
        return [PolicyInForce.of(each) for each in ask.link(page)]


@router.get("/shipped", summary="The policy that holds where no other one has a rule")
def get_shipped_policy(who: Reader) -> ShippedPolicy:  # noqa: ARG001 (must be somebody)
    return ShippedPolicy(content=shipped_text())


@router.get("/explain/{event_id}", summary="What would be done about an event now, and why")
def explain_policy(event_id: uuid.UUID, services: Provided, who: Reader) -> Explained:
    with services.database.transaction() as session:
        events.find(session, event_id, project_id=who.project_id)
        return Explained.model_validate(services.engine().explain(session, event_id))


@router.post("/explain", summary="What would be done about a failure that nobody has had yet")
def explain_situation(body: Supposed, services: Provided, who: Reader) -> Explained:
    with services.database.transaction() as session:
        projects.visible(session, int(body.project_id), only=who.project_id)
        found = services.engine().explain_situation(session, body.situation())
        return Explained.model_validate(found)


@router.get(
    "/{project_id}",
    response_model=list[PolicyVersionShown],
    summary="The policies that hold, of a project and of its components",
)
def list_policies(project_id: Number, services: Provided, who: Reader) -> Sequence[RecoveryPolicy]:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return rulebook.every(session, project.id)


@router.get("/{project_id}/current", summary="One policy, or an earlier version of it")
def get_policy(
    project_id: Number,
    services: Provided,
    who: Reader,
    *,
    component: Component = WHOLE_PROJECT,
    version: int | None = None,
) -> PolicyShown:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return PolicyShown.of(rulebook.version(session, Place(project.id, component), version))


@router.get(
    "/{project_id}/history",
    response_model=list[PolicyVersionShown],
    summary="Who changed a policy and when, newest first",
)
def list_policy_versions(
    project_id: Number, services: Provided, who: Reader, component: Component = WHOLE_PROJECT
) -> Sequence[RecoveryPolicy]:
    with services.database.transaction() as session:
        project = projects.visible(session, project_id, only=who.project_id)
        return rulebook.history(session, Place(project.id, component))


@router.put("/{project_id}/current", summary="Put a new version of a policy in force")
def put_policy(
    project_id: Number,
    body: PolicyWritten,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
    *,
    component: Component = WHOLE_PROJECT,
) -> PolicyShown:
    """Policies act on what all projects share, so keys of one project cannot write them."""
    place, now = Place(project_id, component), services.clock.now()
    with services.database.transaction() as session:
        made = rulebook.put(
            session, place, body.content, words=installed_words(), author=who.name, now=now
        )
        _audit(session, services, "policy.put", Actor(who.name, address), made)
        return PolicyShown.of(made)


@router.delete("/{project_id}/current", summary="Take a policy away; its versions stay to be read")
def delete_policy(
    project_id: Number,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
    *,
    component: Component = WHOLE_PROJECT,
) -> PolicyVersionShown:
    place, now = Place(project_id, component), services.clock.now()
    with services.database.transaction() as session:
        made = rulebook.remove(session, place, author=who.name, now=now)
        _audit(session, services, "policy.delete", Actor(who.name, address), made)
        return PolicyVersionShown.model_validate(made)


@router.post("/check", summary="All that is wrong with a policy, by line")
def check_policy(body: PolicyWritten, who: Reader) -> PolicyChecked:  # noqa: ARG001 (must be somebody)
    found = read(body.content, installed_words())
    problems = [ProblemShown.model_validate(each) for each in found.problems]
    return PolicyChecked(usable=found.usable, problems=problems)


def _audit(
    session: Session, services: Services, name: str, actor: Actor, made: RecoveryPolicy
) -> None:
    detail: dict[str, Any] = {"component": made.component, "version": made.version}
    act = Audited(
        name=name,
        subject="project",
        subject_id=made.project_id,
        project_id=made.project_id,
        detail=detail,
    )
    record(session, actor, act, now=services.clock.now())

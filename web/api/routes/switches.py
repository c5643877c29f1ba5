"""Switches: applications read them, operators and recovery set them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from core.access import audit
from core.access.audit import Act, Actor
from core.access.roles import Permission, Principal
from core.errors import UnprocessableError
from core.model.switches import Switch, SwitchChange
from core.store import projects, switches
from core.store.engine import after_commit
from core.store.switches import Change
from web.api.acting import Acting
from web.api.auth import CallerAddress, Needs, Operator, Reader
from web.api.board import Posted
from web.api.listing import Listed
from web.api.schemas.switches import (
    ChangeShown,
    SwitchesShown,
    SwitchGone,
    SwitchSet,
    SwitchShown,
)
from web.api.services import Provided, Services

router = APIRouter(prefix="/switches", tags=["switches"])

# Whoever may report errors may read what to do about them.
Application = Annotated[Principal, Depends(Needs(Permission.REPORT))]
Asked = Annotated[
    int | None,
    Query(alias="project", ge=0, lt=2**63, description="Needed with a key of the whole platform."),
]
Name = Annotated[str, Path(max_length=200)]
Why = Annotated[str, Query(min_length=1, max_length=500, description="For the history.")]
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=1_000)]


def _project(who: Principal, asked: int | None) -> int:
    found = who.project_id if asked is None else asked
    if found is None:
        raise UnprocessableError("Say which project: ?project=ID.")
    return found


@router.get(
    "",
    response_model=SwitchesShown,
    responses={304: {"description": "Nothing has changed since the ETag."}},
    summary="The switches in force, for applications to poll; answers 304 to their ETag",
)
async def list_switches(
    services: Provided, who: Application, project: Asked = None, known: Known = None
) -> Response:
    """Without a change of threads while what was read is fresh: many ask, and often."""
    wanted, posted = _project(who, project), None
    if who.project_id in {None, wanted}:
        posted = services.board.look(wanted, services.clock)
    if posted is None:
        posted = await run_in_threadpool(_posted, services, who, wanted)
    headers = {"etag": posted.etag, "cache-control": "private, no-cache"}
    if known is not None and posted.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(posted.body, media_type="application/json", headers=headers)


def _posted(services: Services, who: Principal, project_id: int) -> Posted:
    with services.database.transaction() as session:
        found = projects.visible(session, project_id, only=who.project_id)
        return services.board.post(session, found.id, services.clock)


@router.get(
    "/changes",
    response_model=list[ChangeShown],
    summary="Who changed which switch and why, newest first",
)
def list_changes(
    services: Provided, who: Reader, ask: Listed, project: Asked = None
) -> Sequence[SwitchChange]:
    with services.database.transaction() as session:
        found = projects.visible(session, _project(who, project), only=who.project_id)
        page = switches.changes(session, found.id, cursor=ask.cursor, limit=ask.limit)
        return ask.link(page)


@router.get("/{name:path}", response_model=SwitchShown, summary="One switch in force")
def get_switch(name: Name, services: Provided, who: Reader, project: Asked = None) -> Switch:
    with services.database.transaction() as session:
        found = projects.visible(session, _project(who, project), only=who.project_id)
        return switches.get(session, found.id, name, now=services.clock.now())


class Desk:
    """Who changes a switch of which project."""

    def __init__(
        self, services: Provided, who: Operator, address: CallerAddress, project: Asked = None
    ) -> None:
        self.services = services
        self.who = who
        self.actor = Actor(who.name, address)
        self.project_id = _project(who, project)

    def opened(self, session: Session, name: str, doing: str, why: str) -> int:
        """Writes down who does it; the project, if the caller may see it."""
        found = projects.visible(session, self.project_id, only=self.who.project_id)
        act = Act(
            name=f"switch.{doing}",
            subject="switch",
            subject_id=0,
            project_id=found.id,
            detail={"switch": name, "why": why},
        )
        audit.record(session, self.actor, act, now=self.services.clock.now())
        after_commit(session, lambda: self.services.board.forget(found.id))
        return found.id


AtDesk = Annotated[Desk, Depends()]


@router.put("/{name:path}", summary="Set a switch; applications that poll read it within a second")
def set_switch(name: Name, body: SwitchSet, desk: AtDesk, act: Acting) -> SwitchShown:
    def work(session: Session) -> SwitchShown:
        now = desk.services.clock.now()
        project_id = desk.opened(session, name, "set", body.why)
        change = Change(project_id, name, desk.who.name, body.why, body.until(now))
        return SwitchShown.model_validate(switches.put(session, change, body.value, now=now))

    return act.once(SwitchShown, work)


@router.delete("/{name:path}", summary="Take a switch away")
def unset_switch(name: Name, desk: AtDesk, act: Acting, why: Why) -> SwitchGone:
    def work(session: Session) -> SwitchGone:
        project_id = desk.opened(session, name, "unset", why)
        change = Change(project_id, name, desk.who.name, why)
        switches.remove(session, change, now=desk.services.clock.now())
        return SwitchGone(name=name)

    return act.once(SwitchGone, work)

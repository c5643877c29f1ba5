"""Silences: what is not to be told, until when, by whom and why."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.access.roles import Principal
from core.alerts import silencing
from core.alerts.picture import Pictured
from core.alerts.pictures import pictured
from core.model import SilenceRow
from core.store import alert_groups, projects, silences
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.shape import Number
from web.api.schemas.silences import Coverage, SilenceCreate, SilenceShown
from web.api.services import Provided, Services

router = APIRouter(prefix="/silences", tags=["silences"])

FIRST: Final = 100
Expired = Annotated[bool | None, Query(description="Only those that have ended, or have not.")]


@router.get("", summary="List silences, newest first")
def list_silences(
    services: Provided,
    who: Reader,
    ask: Listed,
    expired: Expired = None,
) -> list[SilenceShown]:
    with services.database.transaction() as session:
        page = silences.page(
            session, only=who.project_id, ended=expired, cursor=ask.cursor, limit=ask.limit
        )
        ask.link(page)
        firing, now = _firing(session), services.clock.now()
        return [SilenceShown.of(row[0], firing=firing, now=now) for row in page.rows]


@router.post("", status_code=201, summary="Silence a rule, a group, an issue, a channel or labels")
def create_silence(
    body: SilenceCreate, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> SilenceShown:
    def create(session: Session) -> SilenceShown:
        wanted = body.wanted(_project(session, body, who))
        actor, now = Actor(who.name, address), services.clock.now()
        return _shown(session, silencing.create(session, wanted, actor=actor, now=now), services)

    return act.once(SilenceShown, create)


@router.post("/preview", summary="What such a silence would keep quiet now")
def preview_silence(body: SilenceCreate, services: Provided, who: Reader) -> Coverage:
    with services.database.transaction() as session:
        wanted = body.wanted(_project(session, body, who))
        found = silencing.covering(session, wanted, services.clock.now())
        return Coverage(alerts=len(found), alert_ids=[str(each.id) for each in found[:FIRST]])


@router.get("/{silence_id}", summary="One silence")
def get_silence(silence_id: Number, services: Provided, who: Reader) -> SilenceShown:
    with services.database.transaction() as session:
        return _shown(session, silences.get(session, silence_id, only=who.project_id), services)


@router.delete("/{silence_id}", summary="End a silence; what it kept quiet is told")
def expire_silence(
    silence_id: Number, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> SilenceShown:
    def expire(session: Session) -> SilenceShown:
        row = silences.get(session, silence_id, only=who.project_id)
        actor, now = Actor(who.name, address), services.clock.now()
        return _shown(session, silencing.expire(session, row, actor=actor, now=now), services)

    return act.once(SilenceShown, expire)


def _project(session: Session, body: SilenceCreate, who: Principal) -> int | None:
    chosen = int(body.project) if body.project else who.project_id
    if chosen is None:
        return None
    return projects.visible(session, chosen, only=who.project_id).id


def _shown(session: Session, row: SilenceRow, services: Services) -> SilenceShown:
    return SilenceShown.of(row, firing=_firing(session), now=services.clock.now())


def _firing(session: Session) -> list[Pictured]:
    return [pictured(alert) for alert in alert_groups.active(session)]

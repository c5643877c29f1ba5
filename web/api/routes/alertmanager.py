"""Alertmanager's interface, version 2: for amtool, Prometheus, Grafana and karma."""

from importlib.metadata import version
from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.access.roles import Permission, Principal
from core.alerts import outside, pushing
from core.alerts.outside import Standing
from core.alerts.pushing import Pusher
from core.alerts.silence import Ends, Scope
from core.alerts.silencing import NewSilence, create, expire
from core.alerts.waking import wake
from core.model import SilenceRow
from core.store import silences
from web.api import outward
from web.api.auth import CallerAddress, Needs, Operator, Reader
from web.api.schemas.alertmanager import (
    AlertGot,
    AlertGroupGot,
    AlertPosted,
    ClusterStatus,
    ConfigShape,
    Receiver,
    SilenceGot,
    SilenceMade,
    SilencePosted,
    StatusGot,
    VersionInfo,
)
from web.api.services import Provided, Services

router = APIRouter(prefix="/api/v2", tags=["alertmanager"])

MOST: Final = 10_000
Reporter = Annotated[Principal, Depends(Needs(Permission.REPORT))]
Reading = Depends(Needs(Permission.READ))
Posted = Annotated[list[AlertPosted], Body(max_length=MOST)]
Filter = Annotated[list[str], Query(max_length=50, description='Matchers, as severity="high".')]


class Shown:
    """Which alerts a list has."""

    def __init__(
        self,
        written: Annotated[Filter, Query(alias="filter")] = [],  # noqa: B006 (FastAPI copies it)
        *,
        active: bool = True,
        silenced: bool = True,
        inhibited: bool = True,
        unprocessed: bool = True,
    ) -> None:
        self.written = written
        wanted = {
            "active": active,
            "silenced": silenced,
            "inhibited": inhibited,
            "unprocessed": unprocessed,
        }
        self.hidden = frozenset(word for word, yes in wanted.items() if not yes)


Asked = Annotated[Shown, Depends(Shown)]


@router.get("/status", summary="What answers here", dependencies=[Reading])
def get_status(services: Provided) -> StatusGot:
    return StatusGot(
        cluster=ClusterStatus(),
        config=ConfigShape(original=""),
        uptime=services.clock.now(),
        version_info=VersionInfo(version=version("mendline")),
    )


@router.get("/receivers", summary="The routes that have something to tell")
def list_receivers(services: Provided, who: Reader) -> list[Receiver]:
    names = {route for each in _standings(services, who) for route in each.routes}
    return [Receiver(name=name) for name in sorted(names)]


@router.get("/alerts", summary="What fires")
def list_alerts(services: Provided, who: Reader, ask: Asked) -> list[AlertGot]:
    found = outward.chosen(_standings(services, who), ask.written, ask.hidden)
    now = services.clock.now()
    return [outward.alert(each, now) for each in found]


@router.get("/alerts/groups", summary="What fires, as it is told together")
def list_groups(services: Provided, who: Reader, ask: Asked) -> list[AlertGroupGot]:
    found = outward.chosen(_standings(services, who), ask.written, ask.hidden)
    return outward.groups(found, services.clock.now())


@router.post("/alerts", response_class=Response, summary="Push alerts, as Prometheus does")
def post_alerts(alerts: Posted, services: Provided, who: Reporter) -> Response:
    now = services.clock.now()
    told = [outward.pushed(each) for each in alerts]
    with services.database.transaction() as session:
        if pushing.push(session, told, Pusher(who.name, who.project_id), now=now):
            wake(session, services.ledger.add, at=now)
    return Response(status_code=200)


@router.get("/silences", summary="Silences, those that ended lately too")
def list_silences(
    services: Provided,
    who: Reader,
    written: Annotated[Filter, Query(alias="filter")] = [],  # noqa: B006
) -> list[SilenceGot]:
    now = services.clock.now()
    with services.database.transaction() as session:
        page = silences.page(session, only=who.project_id, limit=1_000)
        rows = [row[0] for row in page.rows]
        return [outward.silence(row, now) for row in rows if outward.matches(row, written)]


@router.get("/silence/{silence_id}", summary="One silence")
def get_silence(silence_id: str, services: Provided, who: Reader) -> SilenceGot:
    with services.database.transaction() as session:
        row = _visible(session, silence_id, who)
        return outward.silence(row, services.clock.now())


@router.post("/silences", summary="Make a silence, or put another in the place of one")
def post_silence(
    posted: SilencePosted, services: Provided, who: Operator, address: CallerAddress
) -> SilenceMade:
    now = services.clock.now()
    author = f"{posted.created_by} ({who.name})" if posted.created_by else who.name
    actor = Actor(author, address)
    with services.database.transaction() as session:
        if posted.id:
            before = _visible(session, posted.id, who)
            expire(session, before, actor=actor, now=now, why="Another took its place.")
        made = create(session, _new(posted, who), actor=actor, now=now)
        wake(session, services.ledger.add, at=now)
        return SilenceMade(silence_id=outward.silence_id(made.id))


@router.delete("/silence/{silence_id}", response_class=Response, summary="End a silence")
def delete_silence(
    silence_id: str, services: Provided, who: Operator, address: CallerAddress
) -> Response:
    now = services.clock.now()
    with services.database.transaction() as session:
        row = _visible(session, silence_id, who)
        expire(session, row, actor=Actor(who.name, address), now=now)
        wake(session, services.ledger.add, at=now)
    return Response(status_code=200)


def _standings(services: Services, who: Principal) -> list[Standing]:
    with services.database.transaction() as session:
        return outside.standings(session, services.clock.now(), project_id=who.project_id)


def _visible(session: Session, told: str, who: Principal) -> SilenceRow:
    return silences.get(session, outward.silence_number(told), only=who.project_id)


def _new(posted: SilencePosted, who: Principal) -> NewSilence:
    return NewSilence(
        scope=Scope.LABELS,
        reason=posted.comment,
        matchers=tuple(outward.matcher(each) for each in posted.matchers),
        project_id=who.project_id,
        starts_at=outward.moment(posted.starts_at),
        ends=Ends(at=outward.moment(posted.ends_at)),
    )

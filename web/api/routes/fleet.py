"""The pools: how they are, how large they are to be and why, and what operators ask of them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core.maintenance import steering
from core.model import PoolLoad
from core.store import agents, fleet
from core.store.fleet import Wish
from web.api.acting import Acting
from web.api.auth import AsOperator, PlatformReader
from web.api.listing import Listed
from web.api.schemas.fleet import (
    AgentShown,
    DecisionShown,
    LoadShown,
    PoolShown,
    Restart,
    Restarting,
    Scale,
    Scaled,
)
from web.api.services import Provided

router = APIRouter(prefix="/fleet", tags=["fleet"])


OfPool = Annotated[str | None, Query(max_length=100, description="Of this pool only.")]


@router.get("", response_model=list[AgentShown], summary="Pools on their hosts")
def list_agents(services: Provided, _who: PlatformReader) -> Sequence[Any]:
    with services.database.transaction() as session:
        return agents.every(session)


@router.get("/pools", summary="Pools over all hosts: load, last decision, what an operator set")
def list_pools(services: Provided, _who: PlatformReader) -> list[PoolShown]:
    with services.database.transaction() as session:
        return [PoolShown.of(each) for each in steering.known(session, now=services.clock.now())]


@router.get(
    "/decisions",
    response_model=list[DecisionShown],
    summary="Decisions about sizes, newest first, each with its reason and its inputs",
)
def list_decisions(
    services: Provided, _who: PlatformReader, ask: Listed, pool: OfPool = None
) -> Sequence[Any]:
    with services.database.transaction() as session:
        return ask.link(fleet.page(session, pool=pool, cursor=ask.cursor, limit=ask.limit))


@router.get(
    "/scale/{pool}",
    response_model=LoadShown,
    summary="Children that the load of a pool asks for; 503 if nobody knows",
)
def get_scale(pool: str, services: Provided, _who: PlatformReader) -> PoolLoad:
    with services.database.transaction() as session:
        return steering.load(session, pool, now=services.clock.now())


@router.post("/{pool}/scale", summary="A size that holds, or the size that the load asks for")
def scale_pool(
    pool: str, body: Scale, services: Provided, actor: AsOperator, act: Acting
) -> Scaled:
    now = services.clock.now()

    def scale(session: Session) -> Scaled:
        until = body.until(now)
        if body.children is None:
            steering.automatic(session, pool, actor, now=now)
        else:
            wish = Wish(pool, body.children, actor.name, until)
            steering.scale(session, wish, actor, now=now)
        return Scaled(pool=pool, children=body.children, until=until)

    return act.once(Scaled, scale)


@router.post(
    "/{pool}/restart", status_code=202, summary="Fresh processes, the old ones go when they work"
)
def restart_pool(
    pool: str, services: Provided, actor: AsOperator, act: Acting, body: Restart | None = None
) -> Restarting:
    host = body.host if body else None

    def restart(session: Session) -> Restarting:
        now = services.clock.now()
        hosts = steering.restart(session, pool, actor, now=now, host=host)
        return Restarting(pool=pool, hosts=list(hosts))

    return act.once(Restarting, restart)

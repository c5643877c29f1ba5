"""The agents of the pools, as they last reported."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from core.store import agents
from web.api.auth import PlatformReader
from web.api.schemas.fleet import AgentShown
from web.api.services import Provided

router = APIRouter(prefix="/fleet", tags=["fleet"])


@router.get("", response_model=list[AgentShown], summary="Pools on their hosts")
def list_agents(services: Provided, _who: PlatformReader) -> Sequence[Any]:
    with services.database.transaction() as session:
        return agents.every(session)

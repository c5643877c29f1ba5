"""Groups of issues that burst together."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.insight import groups
from web.api.auth import Reader
from web.api.listing import Listed
from web.api.schemas.insight import CorrelationDetail, CorrelationQuery, CorrelationShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/correlations", tags=["correlations"])


@router.get("", response_model=list[CorrelationShown], summary="Cascades, newest first")
def list_correlations(
    services: Provided,
    who: Reader,
    ask: Listed,
    query: Annotated[CorrelationQuery, Query()],
) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = groups.page(
            session,
            project_id=query.only(who),
            state=query.state,
            cursor=ask.cursor,
            limit=ask.limit,
        )
        return ask.link(page)


@router.get("/{group_id}", summary="One cascade with its issues, the suspect first")
def get_correlation(group_id: Number, services: Provided, who: Reader) -> CorrelationDetail:
    with services.database.transaction() as session:
        found = groups.get(session, group_id, who.project_id)
        return CorrelationDetail.of(found, groups.members(session, found.id))

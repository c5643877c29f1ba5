"""The audit: who did what, when and from where."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.access import audit
from web.api.auth import Admin
from web.api.listing import Listed
from web.api.schemas.audit import AuditQuery, AuditShown
from web.api.services import Provided

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("", response_model=list[AuditShown], summary="List what was done, newest first")
def list_acts(
    services: Provided, who: Admin, ask: Listed, query: Annotated[AuditQuery, Query()]
) -> Sequence[Any]:
    with services.database.transaction() as session:
        return ask.link(audit.page(session, query.wanted(who), cursor=ask.cursor, limit=ask.limit))

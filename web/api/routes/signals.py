"""Signals: what one stage left for the next ones to look at."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.store import signals
from web.api.auth import Reader
from web.api.listing import Listed
from web.api.schemas.signals import SignalShown
from web.api.services import Provided

router = APIRouter(prefix="/signals", tags=["signals"])


@router.get("", response_model=list[SignalShown], summary="List signals, newest first")
def list_signals(
    services: Provided,
    who: Reader,
    ask: Listed,
    kind: Annotated[list[str], Query(description="Any of these.")] = [],  # noqa: B006
) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = signals.page(
            session, kinds=kind, project_id=who.project_id, cursor=ask.cursor, limit=ask.limit
        )
        return ask.link(page)

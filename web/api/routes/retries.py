"""How retries have gone in the last day: what bends the policies."""

from typing import Annotated

from fastapi import APIRouter, Query

from core.resilience.book import WINDOW
from core.store import retries
from core.store.retries import Sum
from web.api.auth import PlatformReader
from web.api.schemas.retries import RetryShown
from web.api.services import Provided

router = APIRouter(prefix="/retries", tags=["retries"])

Limit = Annotated[int, Query(ge=1, le=1000, description="Rows; the most tried ones.")]


@router.get("", summary="Attempts by what had failed before them, where, and their number")
def list_retries(
    services: Provided,
    _who: PlatformReader,
    category: str | None = None,
    component: str | None = None,
    limit: Limit = 1000,
) -> list[RetryShown]:
    with services.database.transaction() as session:
        found = retries.summed(session, services.clock.now() - WINDOW)
    return shown(found, category=category, component=component, limit=limit)


def shown(
    found: list[Sum], *, category: str | None, component: str | None, limit: int
) -> list[RetryShown]:
    """The most tried ones, in the order of their names."""
    wanted = [
        row
        for row in found
        if category in {None, row.category} and component in {None, row.component}
    ]
    kept = sorted(sorted(wanted, key=lambda row: -row.tried)[:limit])
    return [
        RetryShown(
            category=row.category,
            component=row.component,
            attempt=row.attempt,
            tried=row.tried,
            failed=row.failed,
            success_share=round(max(row.tried - row.failed, 0) / row.tried, 4) if row.tried else 0,
        )
        for row in kept
    ]

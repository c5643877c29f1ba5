"""The books of all projects together, or of the only one that the caller may see."""

from fastapi import APIRouter

from core.store import books
from web.api.auth import Reader
from web.api.schemas.stats import Stats
from web.api.services import Provided

router = APIRouter(prefix="/stats", tags=["stats"])


@router.get("", summary="What came in and where it went")
def get_stats(services: Provided, who: Reader) -> Stats:
    with services.database.transaction() as session:
        return Stats.model_validate(books.totals(session, who.project_id))

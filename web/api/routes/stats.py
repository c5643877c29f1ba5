"""The books of all projects together, or of the only one that the caller may see."""

from fastapi import APIRouter

from config import wiring
from web.api.auth import Reader
from web.api.schemas.stats import Stats
from web.api.services import Provided
from web.api.standing import standing

router = APIRouter(prefix="/stats", tags=["stats"])


@router.get("", summary="What came in and where it went, and how recovery does")
def get_stats(services: Provided, who: Reader) -> Stats:
    with services.database.transaction() as session:
        return standing(
            session,
            services.clock.now(),
            project_id=who.project_id,
            spool=wiring.spool_dir(services.settings),
        )

"""Which of the alerts that fire are worth a look first, as people's answers have taught."""

from typing import Final

from fastapi import APIRouter

from core.alerts import learning
from core.store import alerts as rows
from web.api.auth import Reader
from web.api.schemas.alert_ranking import RankingShown
from web.api.services import Provided

router = APIRouter(prefix="/alert-ranking", tags=["alerts"])
MOST: Final = 500


@router.get("", summary="Alerts that fire, the likeliest to be worth a look first, with reasons")
def rank_alerts(services: Provided, who: Reader) -> RankingShown:
    """Off until enough alerts were acknowledged and sent away; it says what is missing."""
    with services.database.transaction() as session:
        found = learning.standing(session, services.clock.now())
        if found.model is None:
            return RankingShown.of(found, [])
        own = [] if who.project_id is None else [who.project_id]
        page = rows.page(session, rows.Wanted(projects=own, states=["firing"]), limit=MOST)
        alerts = [row[0] for row in page.rows]
        return RankingShown.of(found, learning.ranked(found.model, alerts))

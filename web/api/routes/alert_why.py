"""Why somebody was told of an alert, or why nobody was."""

from fastapi import APIRouter

from core.alerts import why
from core.store import alerts
from web.api.auth import Reader
from web.api.schemas.incidents import StoryShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("/{alert_id}/why", summary="The way of an alert from its rule to its channels")
def explain_alert(alert_id: Number, services: Provided, who: Reader) -> StoryShown:
    with services.database.transaction() as session:
        alert = alerts.get(session, alert_id, project_id=who.project_id)
        return StoryShown.of(why.story(session, alert))

"""Incidents: alerts that have one cause, as far as can be seen."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from core.store import alert_groups
from web.api.auth import Reader
from web.api.listing import Listed
from web.api.schemas.incidents import IncidentAlertShown, IncidentShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/incidents", tags=["incidents"])

State = Annotated[Literal["open", "closed"] | None, Query(description="In this state only.")]


@router.get("", summary="List incidents, newest first")
def list_incidents(
    services: Provided, who: Reader, ask: Listed, state: State = None
) -> list[IncidentShown]:
    with services.database.transaction() as session:
        page = alert_groups.incident_page(
            session, project_id=who.project_id, state=state, cursor=ask.cursor, limit=ask.limit
        )
        ask.link(page)
        return [IncidentShown.of(*row[:3]) for row in page.rows]


@router.get("/{incident_id}", summary="One incident")
def get_incident(incident_id: Number, services: Provided, who: Reader) -> IncidentShown:
    with services.database.transaction() as session:
        row = alert_groups.incident(session, incident_id, only=who.project_id)
        return IncidentShown.of(row, *alert_groups.counts(session, row.id))


@router.get("/{incident_id}/alerts", summary="Its alerts, and why each is in it; newest first")
def list_incident_alerts(
    incident_id: Number, services: Provided, who: Reader, ask: Listed
) -> list[IncidentAlertShown]:
    with services.database.transaction() as session:
        row = alert_groups.incident(session, incident_id, only=who.project_id)
        page = alert_groups.alerts_of(session, row.id, cursor=ask.cursor, limit=ask.limit)
        ask.link(page)
        return [IncidentAlertShown.of(*each[:3]) for each in page.rows]

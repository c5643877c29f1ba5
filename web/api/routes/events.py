"""Stored events, one by its id."""

import uuid

from fastapi import APIRouter
from sqlalchemy.orm import Session

from core.grouping.why import explain
from core.store import events, recovery
from core.store.events import EventNotFoundError, StoredEvent
from core.store.pending import EventPendingError, is_pending
from web.api.auth import Reader
from web.api.schemas.events import EventShown, EventSummary
from web.api.schemas.recoveries import RecoveryShown
from web.api.schemas.rules import WhyShown
from web.api.services import Provided, Services

ANALYSED = ("kind", "code", "http_status", "context", "proposal")
router = APIRouter(prefix="/events", tags=["events"])


@router.get("/{event_id}", summary="One event; 404 with the hint `pending` until it is digested")
def get_event(event_id: uuid.UUID, services: Provided, who: Reader) -> EventShown:
    with services.database.transaction() as session:
        return _shown(services, session, _found(session, event_id, who.project_id))


@router.get("/{event_id}/why", summary="Why an event is in its issue")
def explain_event(event_id: uuid.UUID, services: Provided, who: Reader) -> WhyShown:
    with services.database.transaction() as session:
        found = _found(session, event_id, who.project_id)
        return WhyShown.model_validate(explain(session, found, services.payloads))


def _found(session: Session, event_id: uuid.UUID, project_id: int | None) -> StoredEvent:
    try:
        return events.find(session, event_id, project_id=project_id)
    except EventNotFoundError as error:
        if is_pending(session, event_id, project_id=project_id):
            raise EventPendingError(hint="pending", retry_after=1) from error
    # Perhaps it was digested between the two looks.
    return events.find(session, event_id, project_id=project_id)


def _shown(services: Services, session: Session, found: StoredEvent) -> EventShown:
    event, issue = found.event, found.issue
    document = (
        services.payloads.unpack(session, event.payload, event.dictionary_id)
        if event.payload is not None
        else {}
    )
    analysis = document.get("analysis") or {}
    summary = EventSummary.model_validate(event).model_dump() | {"issue_id": issue.id}
    told = {"proposal": event.proposal} | {
        name: analysis[name] for name in ANALYSED if name in analysis
    }
    return EventShown(
        **(summary | told),
        issue_key=analysis.get("issue_key") or next(iter(found.issue_keys), ""),
        title=analysis.get("title") or issue.title,
        culprit=analysis.get("culprit", issue.culprit),
        payload=document.get("event"),
        analysis=analysis or None,
        recovery=[
            RecoveryShown.model_validate(each)
            for each in recovery.of_event(session, event.event_id, issue_id=issue.id)
        ],
    )

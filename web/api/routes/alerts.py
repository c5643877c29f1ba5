"""Alerts: which there are, how each came to be, and what people say to them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.alerts.desk import Desk
from core.errors import UnprocessableError
from core.store import alerts as rows
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.alerts import (
    AlertDetail,
    AlertQuery,
    AlertShown,
    AlertWord,
    Assigned,
    NoteWritten,
)
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/alerts", tags=["alerts"])


async def desk(services: Provided, who: Operator, address: CallerAddress) -> Desk:
    actor = Actor(who.name, address)
    return Desk(actor, services.clock.now(), services.ledger.add, who.project_id)


AtDesk = Annotated[Desk, Depends(desk)]


@router.get("", response_model=list[AlertShown], summary="List alerts, newest first")
def list_alerts(
    services: Provided, who: Reader, ask: Listed, query: Annotated[AlertQuery, Query()]
) -> Sequence[Any]:
    own = [int(each) for each in query.project]
    wanted = rows.Wanted(
        projects=own if who.project_id is None else [who.project_id],
        states=query.state,
        severities=query.severity,
        rules=query.rule,
        labels=_labels(query.label),
        assignee=query.assignee,
    )
    with services.database.transaction() as session:
        return ask.link(rows.page(session, wanted, cursor=ask.cursor, limit=ask.limit))


@router.get("/{alert_id}", summary="One alert with its changes of state, notes and episodes")
def get_alert(alert_id: Number, services: Provided, who: Reader) -> AlertDetail:
    with services.database.transaction() as session:
        found = rows.get(session, alert_id, project_id=who.project_id)
        return AlertDetail.whole(session, found)


@router.post("/{alert_id}/ack", summary="Say that somebody looks after it")
def acknowledge_alert(
    alert_id: Number, at: AtDesk, act: Acting, body: AlertWord | None = None
) -> AlertDetail:
    def acknowledge(session: Session) -> AlertDetail:
        why = body.why if body else None
        return AlertDetail.whole(session, at.acknowledge(session, alert_id, why))

    return act.once(AlertDetail, acknowledge)


@router.post("/{alert_id}/resolve", summary="Send it away until its condition was over once")
def resolve_alert(
    alert_id: Number, at: AtDesk, act: Acting, body: AlertWord | None = None
) -> AlertDetail:
    def resolve(session: Session) -> AlertDetail:
        why = body.why if body else None
        return AlertDetail.whole(session, at.resolve(session, alert_id, why))

    return act.once(AlertDetail, resolve)


@router.post("/{alert_id}/assign", summary="Give it to somebody, or to nobody")
def assign_alert(alert_id: Number, body: Assigned, at: AtDesk, act: Acting) -> AlertDetail:
    def assign(session: Session) -> AlertDetail:
        return AlertDetail.whole(session, at.assign(session, alert_id, body.assignee))

    return act.once(AlertDetail, assign)


@router.post("/{alert_id}/notes", status_code=201, summary="Write something about it")
def note_alert(alert_id: Number, body: NoteWritten, at: AtDesk, act: Acting) -> AlertDetail:
    def note(session: Session) -> AlertDetail:
        return AlertDetail.whole(session, at.note(session, alert_id, body.text))

    return act.once(AlertDetail, note)


def _labels(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if any(not middle for _, middle, _ in pairs):
        raise UnprocessableError("A label is written as name=value.")
    return {name: value for name, _, value in pairs}

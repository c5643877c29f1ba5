"""What people were told of alerts: each notification, every attempt, and another one."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import wiring
from core import deadletters
from core.access import audit
from core.access.audit import Act, Actor
from core.alerts import settling
from core.errors import ConflictError
from core.model import DeadLetter, Notification
from core.store import notifications
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.deliveries import ChannelShown, DeliveryQuery, DeliveryShown, Replayed
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/deliveries", tags=["deliveries"])


class NotDeadError(ConflictError):
    """Only a notification that was given up can be replayed."""

    code = "ML-ALERT-0024"


@router.get("", summary="List notifications with their attempts, newest first")
def list_deliveries(
    services: Provided, who: Reader, ask: Listed, query: Annotated[DeliveryQuery, Query()]
) -> list[DeliveryShown]:
    asked = query.asked(only=who.project_id)
    with services.database.transaction() as session:
        page = notifications.page(session, asked, cursor=ask.cursor, limit=ask.limit)
        rows = ask.link(page)
        made = notifications.attempts(session, [row.id for row in rows])
        return [DeliveryShown.of(row, made) for row in rows]


@router.get("/channels", summary="The channels that are declared, without their secrets")
def list_channels(services: Provided, _: Reader) -> list[ChannelShown]:
    book, _problems = wiring.channels(services.settings)
    return ChannelShown.all_of(book)


@router.get("/{notification_id}", summary="One notification with its attempts")
def get_delivery(notification_id: Number, services: Provided, who: Reader) -> DeliveryShown:
    with services.database.transaction() as session:
        row = notifications.get(session, notification_id, only=who.project_id)
        return DeliveryShown.of(row, notifications.attempts(session, [row.id]))


@router.post("/{notification_id}/replay", summary="Send again what was given up")
def replay_delivery(
    notification_id: Number, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> Replayed:
    actor = Actor(who.name, address)

    def replay(session: Session) -> Replayed:
        notifications.get(session, notification_id, only=who.project_id)
        row = notifications.locked(session, notification_id)
        if row is None or row.state != notifications.DEAD:
            state = "gone" if row is None else row.state
            raise NotDeadError(f"It is {state}; only what was given up is sent again.")
        work_id = _again(session, row, services, actor)
        told = Act(
            name="notification.replayed",
            subject="notification",
            subject_id=row.id,
            project_id=row.project_id,
            detail={"channel": row.channel, "work_id": str(work_id)},
        )
        audit.record(session, actor, told, now=services.clock.now())
        return Replayed(id=str(row.id), work_id=str(work_id))

    return act.once(Replayed, replay)


def _again(session: Session, row: Notification, services: Services, actor: Actor) -> int:
    """By its dead letter where that is open, so that nobody sends that one again as well."""
    mine = select(DeadLetter.id).where(
        DeadLetter.work_id == row.work_id, DeadLetter.state == "open"
    )
    letter_id = session.scalar(mine)
    if letter_id is None:
        return settling.replay(session, row, add=services.ledger.add)
    now = services.clock.now()
    work_id = deadletters.replay(session, letter_id, means=services.replaying, actor=actor, now=now)
    notifications.reopen(session, row.id, work_id)
    return work_id

"""The rows that tell what became of an alert."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.model import (
    Alert,
    AlertDecision,
    AlertGroup,
    AlertGroupMember,
    AlertTransition,
    DeliveryAttempt,
    Notification,
)

# Of the newest; an alert that flaps for weeks has more than anybody reads.
MOST: Final = 500
# As `core.alerts.trace` calls the step.
DELIVERED, GIVEN_UP = "delivered", "given up"


def transitions(session: Session, alert_id: int) -> Sequence[AlertTransition]:
    statement = select(AlertTransition).where(AlertTransition.alert_id == alert_id)
    return session.scalars(statement.order_by(AlertTransition.id.desc()).limit(MOST)).all()[::-1]


def decisions(session: Session, alert_id: int) -> Sequence[AlertDecision]:
    statement = select(AlertDecision).where(AlertDecision.alert_id == alert_id)
    return session.scalars(statement.order_by(AlertDecision.id.desc()).limit(MOST)).all()[::-1]


def attempts(session: Session, alert_id: int) -> Sequence[tuple[DeliveryAttempt, Notification]]:
    """Of the notifications that its decisions name, and of no others."""
    named = select(AlertDecision.notification_id).where(
        AlertDecision.alert_id == alert_id, AlertDecision.notification_id.is_not(None)
    )
    statement = (
        select(DeliveryAttempt, Notification)
        .join(Notification, Notification.id == DeliveryAttempt.notification_id)
        .where(Notification.id.in_(named))
        .order_by(DeliveryAttempt.id.desc())
        .limit(MOST)
    )
    return [(attempt, told) for attempt, told in session.execute(statement)][::-1]


def given_up(session: Session, told: Notification, reason: str, *, now: datetime) -> None:
    """No further attempt is made of it; alerts that are gone need no trace."""
    entry = {
        "group_id": told.group_id,
        "notification_id": told.id,
        "channel": told.channel,
        "step": DELIVERED,
        "outcome": GIVEN_UP,
        "reason": reason,
        "at": now,
    }
    about = select(Alert.id).where(Alert.id.in_(told.alert_ids))
    entries = [{"alert_id": each, **entry} for each in session.scalars(about)]
    if entries:
        session.execute(insert(AlertDecision), entries)


def next_look(session: Session, alert_id: int) -> datetime | None:
    """When the next of its groups is decided about."""
    mine = select(AlertGroupMember.group_id).where(AlertGroupMember.alert_id == alert_id)
    statement = select(func.min(AlertGroup.next_flush_at)).where(
        AlertGroup.id.in_(mine), AlertGroup.closed_at.is_(None)
    )
    return session.scalar(statement)

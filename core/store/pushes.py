"""Alerts that other programs pushed, and that are over unless they are pushed again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model import Alert
from core.store.alerts import PUSH


def overdue(session: Session, now: datetime) -> Sequence[Alert]:
    """Those that live beyond their end."""
    statement = select(Alert).where(
        Alert.source == PUSH,
        Alert.resolved_at.is_(None),
        Alert.state != "inactive",
        Alert.ends_at <= now,
    )
    return session.scalars(statement.order_by(Alert.id)).all()

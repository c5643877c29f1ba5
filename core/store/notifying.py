"""What channels were sent lately, as far as it counts for their budgets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model import Notification

# Notices of no alarm: they end or answer something, or try the channel out.
_NEVER: Final = ("test",)
_ENDING: Final = ("resolve", "acknowledge", "test")


def spent(session: Session, channel: str, since: datetime, *, free: bool) -> Sequence[datetime]:
    """When each notification was made. `free`: what ends something costs nothing there."""
    statement = select(Notification.created_at).where(
        Notification.channel == channel,
        Notification.created_at > since,
        Notification.kind.not_in(_ENDING if free else _NEVER),
    )
    return session.scalars(statement).all()

"""What waits in the inbox, looked at without claiming it."""

import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model import InboxRow
from core.store.events import EventNotFoundError

# The inbox has no index by event id. Who asks for an event has mostly just sent it, so a look at
# the newest rows finds it, and costs little however long the inbox is.
NEWEST: Final = 5_000


class EventPendingError(EventNotFoundError):
    """The event was accepted and is not digested yet; ask again in a moment."""

    code = "ML-REF-0017"


def is_pending(session: Session, event_id: uuid.UUID, *, project_id: int | None = None) -> bool:
    columns = (InboxRow.event_id, InboxRow.project_id)
    newest = select(*columns).order_by(InboxRow.id.desc()).limit(NEWEST).subquery()
    found = select(newest.c.event_id).where(newest.c.event_id == event_id)
    if project_id is not None:
        found = found.where(newest.c.project_id == project_id)
    return session.execute(found.limit(1)).first() is not None

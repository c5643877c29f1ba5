"""Events that people want to keep when others give way to a budget."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import EventId, KeptEvent


class UnknownEventError(NotFoundError):
    """There is no such event."""

    code = "ML-MAINT-0003"


@dataclass(frozen=True, slots=True)
class Wish:
    event_id: UUID
    why: str
    author: str


def keep(session: Session, wish: Wish, *, now: datetime) -> None:
    found = session.scalar(select(EventId.project_id).where(EventId.event_id == wish.event_id))
    if found is None:
        raise UnknownEventError(f"There is no event {wish.event_id.hex}.")
    values = {"why": wish.why, "author": wish.author, "at": now}
    row = insert(KeptEvent).values(project_id=found, event_id=wish.event_id, **values)
    session.execute(row.on_conflict_do_update(constraint="pk_kept_events", set_=values))


def forget(session: Session, event_id: UUID) -> None:
    session.execute(delete(KeptEvent).where(KeptEvent.event_id == event_id))

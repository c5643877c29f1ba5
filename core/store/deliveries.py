"""How often a message came back to the workers, counted where no restart of the broker forgets."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model.poison import MessageDelivery

# What was neither acknowledged nor came back for so long is in no queue any more.
FORGOTTEN_AFTER: Final = timedelta(days=7)


def count(session: Session, key: str, now: datetime) -> int:
    """With this one; the first time is 1."""
    written = insert(MessageDelivery).values(key=key, deliveries=1, updated_at=now)
    statement = written.on_conflict_do_update(
        index_elements=["key"],
        set_={"deliveries": MessageDelivery.deliveries + 1, "updated_at": now},
    ).returning(MessageDelivery.deliveries)
    return session.execute(statement).scalar_one()


def forget(session: Session, key: str, now: datetime) -> None:
    old = MessageDelivery.updated_at < now - FORGOTTEN_AFTER
    session.execute(delete(MessageDelivery).where(or_(MessageDelivery.key == key, old)))

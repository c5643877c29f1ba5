"""Holds on a target: its rows wait, while the rest of their queue goes on."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model.work import WorkHold
from core.store.work import wake_dispatcher


def hold(session: Session, target: str, *, until: datetime, reason: str) -> None:
    """A later hold on the same target replaces the one before."""
    statement = insert(WorkHold).values(target=target, until=until, reason=reason)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["target"], set_={"until": until, "reason": reason}
        )
    )


def release(session: Session, target: str) -> None:
    session.execute(delete(WorkHold).where(WorkHold.target == target))
    wake_dispatcher(session)

"""Holds on a target: its rows wait, while the rest of their queue goes on."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model.work import WorkHold
from core.store.work import wake_dispatcher


def hold(session: Session, target: str, holder: str, *, until: datetime, reason: str) -> None:
    """A later hold of the same holder replaces the one before; those of others stay."""
    values = {"target": target, "holder": holder, "until": until, "reason": reason}
    session.execute(
        insert(WorkHold)
        .values(values)
        .on_conflict_do_update(
            index_elements=["target", "holder"], set_={"until": until, "reason": reason}
        )
    )


def release(session: Session, target: str, holder: str) -> bool:
    """Whether the holder still held it; others may hold it on."""
    its_own = WorkHold.target == target, WorkHold.holder == holder
    released = session.scalars(delete(WorkHold).where(*its_own).returning(WorkHold.target)).all()
    wake_dispatcher(session)
    return bool(released)

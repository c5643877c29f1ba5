"""Work that is not wanted any more, as long as nobody has begun with it."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from core.model.work import ITEMS, WorkItem
from core.work import history, keys
from core.work.states import State

_CANCEL: Final = (
    update(ITEMS)
    .where(
        WorkItem.id == bindparam("work_id"),
        WorkItem.state.in_((State.WAITING, State.PUBLISHED)),
    )
    .values(state=State.CANCELLED, finished_at=bindparam("now"), history=history.appended())
    .returning(WorkItem.concurrency_key)
)


def cancel(session: Session, work_id: int, *, reason: str, now: datetime) -> bool:
    """False for a row that runs already or has ended."""
    values = {"work_id": work_id, "now": now, "entry": history.cancelled(reason, now)}
    row = session.execute(_CANCEL, values).one_or_none()
    if row is None:
        return False
    keys.free(session, row.concurrency_key)
    return True

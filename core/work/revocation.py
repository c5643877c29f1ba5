"""Work whose message an operator revoked: it ends, with a dead letter that can be replayed."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, or_, update
from sqlalchemy.orm import Session

from core.errors import ErrorReport
from core.model.work import ITEMS, WorkItem
from core.work import history, keys
from core.work.burial import letter
from core.work.states import State

_REVOKE: Final = (
    update(ITEMS)
    .where(
        WorkItem.id == bindparam("work_id"),
        or_(
            WorkItem.state.in_((State.WAITING, State.PUBLISHED)),
            (WorkItem.state == State.RUNNING) & (WorkItem.leased_by == bindparam("worker")),
        ),
    )
    .values(
        state=case((WorkItem.state == State.RUNNING, State.DEAD), else_=State.CANCELLED),
        finished_at=bindparam("now"),
        history=history.appended(),
        lease_until=None,
        leased_by=None,
    )
    .returning(ITEMS)
)


def revoke(
    session: Session, worker: str, work_id: int, *, failed: ErrorReport, now: datetime
) -> bool:
    """False for a row that has ended, or that another worker runs."""
    entry = history.cancelled("revoked", now)
    values = {"work_id": work_id, "worker": worker, "now": now, "entry": entry}
    row = session.execute(_REVOKE, values).one_or_none()
    if row is not None:
        keys.free(session, row.concurrency_key)
        letter(session, row, report=failed, reason="revoked", now=now)
    return row is not None

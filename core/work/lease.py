"""Leases of running rows, by the database's clock: renewed while a task runs, ended when lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, bindparam, func, text, update
from sqlalchemy.orm import Session

from core.model.work import ITEMS, WorkItem
from core.work import history
from core.work.states import State

_HELD: Final = update(ITEMS).where(
    WorkItem.id == func.any(bindparam("ids")),
    WorkItem.state == State.RUNNING,
    WorkItem.leased_by == bindparam("worker"),
)
_RENEW: Final = _HELD.values(
    lease_until=func.clock_timestamp() + WorkItem.lease_seconds * text("interval '1 second'")
)
# Nobody's from then on: the worker renews what it runs until it has taken note of the loss.
_ABANDON: Final = _HELD.values(
    lease_until=func.clock_timestamp(), leased_by=None, history=history.appended()
)


def renew(session: Session, worker: str, work_ids: Sequence[int]) -> int:
    """How many of the rows this worker still holds."""
    return _count(session, _RENEW, {"ids": list(work_ids), "worker": worker})


def abandon(
    session: Session, worker: str, work_ids: Sequence[int], *, reason: str, now: datetime
) -> int:
    """Ends leases at once, so that the reconciler need not wait for what is known to be lost."""
    entry = history.lost(reason, now)
    return _count(session, _ABANDON, {"ids": list(work_ids), "worker": worker, "entry": entry})


def _count(session: Session, statement: Any, values: dict[str, Any]) -> int:
    result = session.execute(statement, values)
    assert isinstance(result, CursorResult)
    return result.rowcount

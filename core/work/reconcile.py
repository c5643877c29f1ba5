"""Work that got stuck between two processes is sent again, or given up when it kills them.

1. Published and never started: the message was lost. It is sent again once its queue is empty, or
   after a long time in any case; a doubled message starts nothing twice.
2. Running with its lease over: the worker is gone. The row waits again, and after its last attempt
   it is poison: dead, with its dead letter.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.orm import Session

from core.errors import BrokerUnavailableError, Category, ErrorReport
from core.model.work import ITEMS, WorkItem
from core.store.engine import Database
from core.work import dispatch, history, keys
from core.work.aging import aged
from core.work.burial import letter
from core.work.picking import Placed
from core.work.sender import TaskSender
from core.work.states import State

log = structlog.get_logger()

RESEND_AFTER: Final = timedelta(seconds=10)
RESEND_ANYWAY_AFTER: Final = timedelta(minutes=5)
# Workers renew every few seconds; after a restart of the database they all need the time for it.
SETTLE_SECONDS: Final = 15
BATCH: Final = 200

_NO_LEASE: Final = {"lease_until": None, "leased_by": None}
_LOST: Final = (
    WorkItem.state == State.RUNNING,
    WorkItem.lease_until < func.clock_timestamp(),
    func.pg_postmaster_start_time()
    < func.clock_timestamp() - bindparam("settle") * text("interval '1 second'"),
)
_LOST_ROWS: Final = (
    select(ITEMS)
    .where(*_LOST)
    .order_by(WorkItem.lease_until)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_AGAIN: Final = (
    update(ITEMS)
    .where(WorkItem.id == bindparam("work_id"))
    .values(state=State.WAITING, due_at=bindparam("now"), history=history.appended(), **_NO_LEASE)
)
_POISON: Final = (
    update(ITEMS)
    .where(WorkItem.id == bindparam("work_id"))
    .values(state=State.DEAD, finished_at=bindparam("now"), history=history.appended(), **_NO_LEASE)
    .returning(ITEMS)
)
_QUEUES: Final = (
    select(WorkItem.queue)
    .where(WorkItem.state == State.PUBLISHED, WorkItem.published_at < bindparam("before"))
    .distinct()
)
_UNSTARTED: Final = (
    select(WorkItem.id, WorkItem.priority, WorkItem.due_at)
    .where(
        WorkItem.state == State.PUBLISHED,
        WorkItem.queue == bindparam("in_queue"),
        WorkItem.published_at < bindparam("before"),
    )
    .order_by(WorkItem.priority, WorkItem.published_at)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
POISON_REPORT: Final = ErrorReport(
    code="ML-WORK-0005",
    category=Category.OTHER_PERMANENT,
    permanent=True,
    http_status=500,
    type="WorkerLost",
    message="Every worker that took this piece of work was lost with it.",
)


@dataclass(frozen=True, slots=True)
class Reconciled:
    resent: int
    rescued: int
    poisoned: int


def reconcile(
    database: Database, sender: TaskSender, now: datetime, *, settle: int = SETTLE_SECONDS
) -> Reconciled:
    with database.transaction() as session:
        rescued, poisoned = _rescue(session, now, settle)
    done = Reconciled(_resend(database, sender, now), rescued, poisoned)
    if done != Reconciled(0, 0, 0):
        log.warning("work.reconciled", resent=done.resent, rescued=rescued, poisoned=poisoned)
    return done


def _rescue(session: Session, now: datetime, settle: int) -> tuple[int, int]:
    lost = session.execute(_LOST_ROWS, {"settle": settle}).all()
    poison = [row for row in lost if row.attempt >= row.max_attempts]
    entry = history.lost("lease_over", now)
    for row in lost:
        values = {"work_id": row.id, "now": now, "entry": entry}
        if row.attempt < row.max_attempts:
            session.execute(_AGAIN, values)
        else:
            ended = session.execute(_POISON, values).one()
            letter(session, ended, report=POISON_REPORT, reason="poison", now=now)
        keys.free(session, row.concurrency_key)
    return len(lost) - len(poison), len(poison)


def _resend(database: Database, sender: TaskSender, now: datetime) -> int:
    with database.transaction() as session:
        queues = session.execute(_QUEUES, {"before": now - RESEND_AFTER}).scalars().all()
    sent = 0
    for queue in queues:
        try:
            patience = RESEND_ANYWAY_AFTER if sender.depth(queue) else RESEND_AFTER
        except BrokerUnavailableError:
            return sent
        sent += _resend_queue(database, sender, now, {"in_queue": queue, "before": now - patience})
    return sent


def _resend_queue(
    database: Database, sender: TaskSender, now: datetime, values: dict[str, Any]
) -> int:
    """With the priority that waiting has earned meanwhile."""
    with database.transaction() as session:
        unstarted = session.execute(_UNSTARTED, values).all()
        placed = [Placed(row.id, aged(row.priority, now - row.due_at)) for row in unstarted]
        messages = dispatch.publish(session, placed, now, state=State.PUBLISHED)
    return dispatch.send_all(database, sender, messages)

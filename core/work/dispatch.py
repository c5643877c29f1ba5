"""From rows that are due to messages: exact order is decided here, the broker's is a hint."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.context import FIELDS
from core.errors import BrokerUnavailableError
from core.store.engine import Database
from core.store.paging import AnyRow
from core.work.sender import TaskSender, WorkMessage

log = structlog.get_logger()

# Rows of one queue that may be out at the broker: more would be served in the broker's order.
WINDOW: Final = 1_000

_OUT: Final = text(
    "SELECT queue FROM work_items WHERE state = 'published' GROUP BY queue HAVING count(*) >= :n"
)
# One short walk of the partial index per priority, however many rows wait for later.
_DUE: Final = text("""
    SELECT due.id
    FROM generate_series(0, 9) AS band (priority)
    CROSS JOIN LATERAL (
        SELECT item.id
        FROM work_items AS item
        WHERE item.state = 'waiting' AND item.priority = band.priority AND item.due_at <= :now
          AND item.queue <> ALL (:full)
          AND (item.target IS NULL OR NOT EXISTS (
              SELECT 1 FROM work_holds AS hold
              WHERE hold.target = item.target AND hold.until > :now))
        ORDER BY item.due_at, item.id
        LIMIT :limit
        FOR UPDATE SKIP LOCKED) AS due
    LIMIT :limit""")
_PUBLISH: Final = text("""
    UPDATE work_items SET state = 'published', published_at = :now
    WHERE id = ANY (:ids)
    RETURNING id, task, queue, priority, attempt, context""")
_TAKE_BACK: Final = text(
    "UPDATE work_items SET state = 'waiting' WHERE id = ANY (:ids) AND state = 'published'"
)


def message_id(work_id: int, *, attempt: int) -> str:
    """The id of the message that asks for the attempt after `attempt` starts."""
    return f"work-{work_id}-{attempt + 1}"


def dispatch_due(database: Database, sender: TaskSender, now: datetime, *, limit: int) -> int:
    """Claims and commits first, then sends: a crash between the two is the reconciler's."""
    with database.transaction() as session:
        claimed = _claim(session, now, limit)
    return send_all(database, sender, claimed)


def send_all(database: Database, sender: TaskSender, claimed: Sequence[WorkMessage]) -> int:
    """Sends in order; what the broker did not take goes back to waiting."""
    for sent, message in enumerate(claimed):
        try:
            sender.send(message)
        except BrokerUnavailableError as error:
            unsent = [each.work_id for each in claimed[sent:]]
            log.warning("work.publish_failed", rows=len(unsent), error=str(error))
            take_back(database, unsent)
            return sent
    if claimed:
        by_queue = Counter(message.queue for message in claimed)
        log.debug("work.dispatched", **by_queue)
    return len(claimed)


def take_back(database: Database, work_ids: Sequence[int]) -> None:
    with database.transaction() as session:
        session.execute(_TAKE_BACK, {"ids": list(work_ids)})


def message_of(row: AnyRow) -> WorkMessage:
    return WorkMessage(
        work_id=row.id,
        task=row.task,
        queue=row.queue,
        priority=row.priority,
        message_id=message_id(row.id, attempt=row.attempt),
        context={name: value for name, value in row.context.items() if name in FIELDS},
    )


def _claim(session: Session, now: datetime, limit: int) -> list[WorkMessage]:
    full = list(session.execute(_OUT, {"n": WINDOW}).scalars())
    due = list(session.execute(_DUE, {"now": now, "full": full, "limit": limit}).scalars())
    if not due:
        return []
    rows = {row.id: row for row in session.execute(_PUBLISH, {"now": now, "ids": due})}
    return [message_of(rows[work_id]) for work_id in due]

"""What waits in PostgreSQL for each queue: due rows of the ledger, and the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store.lanes import LANES

INBOX_QUEUE: Final = "analysis"

# Of rows that differ in nothing but their age more than this are many, however many they are.
MOST_COUNTED: Final = 10_000

# No further into each lane than there is a count.
_READY: Final = text(f"""{LANES}
    SELECT lane.queue, sum(head.rows)::bigint, min(head.since)
    FROM lane CROSS JOIN LATERAL (
        SELECT count(*) AS rows, min(due_at) AS since FROM (
            SELECT due_at FROM work_items AS item
            WHERE item.state = 'waiting' AND NOT item.parked AND item.queue = lane.queue
              AND item.priority = lane.priority AND coalesce(item.target, '') = lane.target
              AND item.due_at <= :now
            ORDER BY item.due_at LIMIT :most) AS first) AS head
    GROUP BY lane.queue HAVING sum(head.rows) > 0""")  # noqa: S608  # of constants only
_PARKED: Final = text("""
    SELECT queue, count(*), min(due_at) FROM (
        SELECT queue, due_at FROM work_items
        WHERE state = 'waiting' AND parked AND concurrency_key IS NOT NULL AND due_at <= :now
        LIMIT :most) AS first
    GROUP BY queue""")
# Published rows are messages at the broker by now: they count for the age, not for the number.
_OUT: Final = text("""
    SELECT queue, 0, min(due_at) FROM work_items WHERE state = 'published' GROUP BY queue""")
_INBOX: Final = text("SELECT count(*) FROM inbox")
_OLDEST: Final = text("SELECT received_at FROM inbox ORDER BY id LIMIT 1")


@dataclass(frozen=True, slots=True)
class Backlog:
    """`since` is when the oldest began to wait."""

    rows: int = 0
    since: datetime | None = None

    def __add__(self, other: "Backlog") -> "Backlog":
        moments = [each for each in (self.since, other.since) if each is not None]
        return Backlog(self.rows + other.rows, min(moments, default=None))


def by_queue(session: Session, now: datetime) -> Mapping[str, Backlog]:
    """Of many rows that are alike, and of parked ones, no more than `MOST_COUNTED` are counted."""
    found: dict[str, Backlog] = {INBOX_QUEUE: _inbox(session)}
    for statement in (_READY, _PARKED, _OUT):
        for queue, *told in session.execute(statement, {"now": now, "most": MOST_COUNTED}):
            found[queue] = found.get(queue, Backlog()) + Backlog(*told)
    return found


def _inbox(session: Session) -> Backlog:
    waiting = session.execute(_INBOX).scalar_one()
    return Backlog(waiting, session.execute(_OLDEST).scalar())

"""What waits in PostgreSQL for each queue: due rows of the ledger, and the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

INBOX_QUEUE: Final = "analysis"

# Published rows are messages at the broker by now: they count for the age, not for the number.
_LEDGER: Final = text("""
    SELECT queue, count(*) FILTER (WHERE state = 'waiting'), min(due_at)
    FROM work_items
    WHERE state = 'published' OR (state = 'waiting' AND due_at <= :now)
    GROUP BY queue
""")
_INBOX: Final = text("SELECT count(*) FROM inbox")
_OLDEST: Final = text("SELECT received_at FROM inbox ORDER BY id LIMIT 1")


@dataclass(frozen=True, slots=True)
class Backlog:
    """`since` is when the oldest began to wait."""

    rows: int
    since: datetime | None


def by_queue(session: Session, now: datetime) -> Mapping[str, Backlog]:
    found = {
        queue: Backlog(rows, since) for queue, rows, since in session.execute(_LEDGER, {"now": now})
    }
    waiting = session.execute(_INBOX).scalar_one()
    oldest = session.execute(_OLDEST).scalar()
    ledger = found.get(INBOX_QUEUE, Backlog(0, None))
    since = min((each for each in (ledger.since, oldest) if each is not None), default=None)
    return {**found, INBOX_QUEUE: Backlog(ledger.rows + waiting, since)}

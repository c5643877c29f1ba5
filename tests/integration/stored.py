"""One event with everything that digestion writes for it, and its lines in the books."""

import uuid

from sqlalchemy import text

from core.model import Event, EventId, Issue
from core.store import books
from core.store.books import BookLine

MINUTE = """
    INSERT INTO issue_minutes (issue_id, minute, project_id, events)
    VALUES (:issue, date_trunc('minute', CAST(:now AS timestamptz)), :project, 1)
"""


def store_event(session, issue_id, now):
    """Two more were refused at the door."""
    project_id = session.get_one(Issue, issue_id).project_id
    event_id = uuid.uuid4()
    session.add(EventId(event_id=event_id, project_id=project_id, received_at=now))
    session.add(
        Event(
            event_id=event_id,
            project_id=project_id,
            issue_id=issue_id,
            received_at=now,
            timestamp=now,
            level="error",
            category="bug",
            transient=False,
            severity="medium",
            thinned=False,
            payload=b"",
        )
    )
    session.execute(text(MINUTE), {"issue": issue_id, "now": now, "project": project_id})
    day = now.date()
    accepted = [BookLine(day, project_id, account) for account in ("accepted", "stored")]
    books.post(session, [*accepted, BookLine(day, 0, "rejected", "no_key", 2)], writer=1)

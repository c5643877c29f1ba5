"""How often what a recovery is about has failed since some moment."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.model import Recovery
from core.store import recovery as rows
from core.store.recovery import Kind


def kind(recovery: Recovery) -> Kind | None:
    """None of one piece of work."""
    if recovery.subject.startswith("operation:") or recovery.issue_id is None:
        return None
    return Kind(recovery.issue_id, recovery.category)


def failures(session: Session, recovery: Recovery, since: datetime) -> tuple[int, datetime | None]:
    """How many, and the last. Of one piece of work its own; others of the same issue do not speak
    against it.
    """
    last, alike = recovery.last_event_at, kind(recovery)
    if alike is None:
        return (1, last) if last > since else (0, None)
    return rows.events_since(session, alike, since)

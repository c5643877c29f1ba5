"""Stored events: one by its id, many by their issue."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Event, EventId, Issue, IssueFingerprint
from core.store.paging import MOMENT, UUID, Cursor, Keyset, Page

ORDER: Final = Keyset(Event.received_at, Event.event_id, MOMENT, UUID)


class EventNotFoundError(NotFoundError):
    """There is no such event, or it is not digested yet, or its time is over."""

    code = "ML-REF-0012"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """`issue` is the issue that shows it now; `issue_keys` are all keys that lead there."""

    event: Event
    issue: Issue
    issue_keys: tuple[str, ...]


def find(session: Session, event_id: uuid.UUID, *, project_id: int | None = None) -> StoredEvent:
    """Of several projects with the same event id, the newest event."""
    event = _by_id(session, event_id, project_id)
    if event is None:
        raise EventNotFoundError(f"There is no event {event_id.hex}.", event_id=event_id.hex)
    issue = session.get_one(Issue, event.issue_id)
    while issue.merged_into is not None:
        issue = session.get_one(Issue, issue.merged_into)
    statement = select(IssueFingerprint.issue_key).where(IssueFingerprint.issue_id == issue.id)
    keys = session.scalars(statement.order_by(IssueFingerprint.created_at)).all()
    return StoredEvent(event, issue, tuple(keys))


def _by_id(session: Session, event_id: uuid.UUID, project_id: int | None) -> Event | None:
    """Two steps: knowing `received_at`, the second one opens a single partition."""
    places = select(EventId.project_id, EventId.received_at).where(EventId.event_id == event_id)
    if project_id is not None:
        places = places.where(EventId.project_id == project_id)
    newest_first = places.order_by(EventId.received_at.desc())
    for found_project, received_at in session.execute(newest_first):
        event = session.scalar(
            select(Event).where(
                Event.event_id == event_id,
                Event.project_id == found_project,
                Event.received_at == received_at,
            )
        )
        if event is not None:
            return event
    return None


def of_issues(
    session: Session, issue_ids: Sequence[int], *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `Event`.

    `issue_ids`: an issue and those merged into it (`core.store.issues.family`).
    """
    bounds: list[ColumnElement[bool]] = []
    if cursor is not None:
        # Says nothing new, but a comparison of pairs alone would open every partition.
        here = MOMENT.read_place(cursor.value)
        older = Event.received_at <= here
        bounds.append(Event.received_at >= here if cursor.backwards else older)
    statements = [select(Event).where(Event.issue_id == issue, *bounds) for issue in issue_ids]
    return ORDER.merged(session, statements, cursor=cursor, limit=limit)


def newest(session: Session, issue_ids: Sequence[int], *, since: datetime) -> Event | None:
    """The newest event with a payload."""
    statement = (
        select(Event)
        .where(
            Event.issue_id.in_(issue_ids),
            Event.received_at >= since,
            Event.payload.is_not(None),
        )
        .order_by(Event.received_at.desc())
        .limit(1)
    )
    return session.scalar(statement)

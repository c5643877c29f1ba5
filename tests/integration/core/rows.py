"""Rows that the tests of the store begin with."""

import uuid
from datetime import UTC, datetime

from core.model import Event, EventId, Issue, IssueFingerprint
from core.store import projects

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add_project(session, name="shop"):
    return projects.create(session, name, now=NOW)[0].id


def add_issue(session, project_id, *, keys=(), **values):
    plain = {
        "title": "ValueError: no such thing",
        "culprit": "shop.cart in add",
        "level": "error",
        "category": "bug",
        "transient": False,
        "severity": "medium",
        "status": "unresolved",
        "status_changed_at": NOW,
        "first_seen": NOW,
        "last_seen": NOW,
        "event_count": 1,
    }
    issue = Issue(project_id=project_id, **(plain | values))
    session.add(issue)
    session.flush()
    for key in keys:
        add_key(session, issue, key)
    return issue


def add_key(session, issue, key):
    session.add(
        IssueFingerprint(
            project_id=issue.project_id,
            issue_key=key,
            issue_id=issue.id,
            mechanism="stacktrace",
            grouping_version=1,
            created_at=NOW,
        )
    )
    session.flush()


def add_event(session, issue, received_at=NOW, **values):
    event_id = values.pop("event_id", None) or uuid.uuid4()
    session.add(EventId(event_id=event_id, project_id=issue.project_id, received_at=received_at))
    plain = {
        "timestamp": received_at,
        "level": "error",
        "category": "bug",
        "transient": False,
        "severity": "medium",
        "payload": b"payload",
    }
    session.add(
        Event(
            event_id=event_id,
            project_id=issue.project_id,
            issue_id=issue.id,
            received_at=received_at,
            **(plain | values),
        )
    )
    session.flush()
    return event_id

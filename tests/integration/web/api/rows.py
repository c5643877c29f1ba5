"""Rows as the digest and the workers leave them, for the routes to find."""

import uuid
from datetime import timedelta

import orjson

from core.deadletters import Capture, capture
from core.errors import Category, ErrorReport
from core.model import Event, EventId, InboxRow, Issue, IssueFingerprint
from core.store.payloads import Payloads

ANALYSIS = {"issue_key": "k", "title": "Boom: twice", "culprit": "shop in pay", "why": ["frame"]}


class Rows:
    def __init__(self, database, clock, project_id):
        self.database = database
        self.clock = clock
        self.project_id = project_id

    def add(self, *rows):
        with self.database.transaction() as session:
            session.add_all(rows)

    def issue(self, number=0, **values):
        """Later numbers were seen later."""
        seen = self.clock.now() + timedelta(seconds=number)
        issue = Issue(
            **{
                "project_id": self.project_id,
                "title": f"Boom: {number}",
                "culprit": "shop in pay",
                "level": "error",
                "category": "bug",
                "family": "python",
                "transient": False,
                "severity": "high",
                "component": "billing",
                "status": "unresolved",
                "status_changed_at": seen,
                "first_seen": seen,
                "last_seen": seen,
                "event_count": 1,
            }
            | values
        )
        self.add(issue)
        key = f"key-{issue.id}"
        self.add(
            IssueFingerprint(
                project_id=issue.project_id,
                issue_key=key,
                issue_id=issue.id,
                mechanism="stacktrace",
                grouping_version=1,
                created_at=seen,
            )
        )
        return issue

    def event(self, issue, number=0, **values):
        event_id = uuid.uuid4()
        received = self.clock.now() + timedelta(milliseconds=number)
        document = orjson.dumps({"event": {"message": f"no {number}"}, "analysis": ANALYSIS})
        with self.database.transaction() as session:
            payload = Payloads().pack(session, document, None)
        event = Event(
            **{
                "event_id": event_id,
                "project_id": issue.project_id,
                "issue_id": issue.id,
                "received_at": received,
                "timestamp": received,
                "level": "error",
                "category": "bug",
                "family": "python",
                "transient": False,
                "severity": "high",
                "component": "billing",
                "payload": payload,
            }
            | values
        )
        place = EventId(event_id=event_id, project_id=issue.project_id, received_at=received)
        self.add(event, place)
        return event

    def waiting(self, project_id=None):
        row = InboxRow(
            project_id=project_id or self.project_id,
            event_id=uuid.uuid4(),
            received_at=self.clock.now(),
            kind=2,
            encoding=0,
            body=b"{}",
        )
        self.add(row)
        return row

    def letter(self, name="deadletter", **values):
        error = ErrorReport(
            code="ML-X-0001",
            category=Category.TIMEOUT,
            permanent=False,
            http_status=504,
            type="TimeoutError",
            message=f"{name} took too long",
        )
        known = {
            "capture_key": name,
            "reason": "exhausted",
            "task": "alerts.deliver",
            "queue": "alerts",
            "message_id": f"work-{name}",
            "project_id": self.project_id,
            "arguments": {"args": [], "kwargs": {"channel": 3, "password": "hunter2"}},
            "error": error,
        }
        with self.database.transaction() as session:
            return capture(session, Capture(**known | values), self.clock.now())

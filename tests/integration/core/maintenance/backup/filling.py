"""Many stored events at once, as large and as little compressible as those of life."""

import os
import uuid
from datetime import UTC, datetime

import psycopg

from core.clock import SystemClock
from core.store.engine import Database
from tests.integration.core.rows import add_issue, add_project

PAYLOAD = 600
COLUMNS = (
    "event_id, project_id, issue_id, received_at, timestamp, level, category, transient,"
    " severity, payload"
)


def fill(url, events, *, issues=50):
    """Answers with the ids of project and issues."""
    project, made = _issues(url, issues)
    add(url, project, made, events)
    return project, made


def add(url, project, issues, events, *, now=None):
    now = (now or SystemClock().now()).astimezone(UTC)
    ids = [uuid.uuid4() for _ in range(events)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY event_ids (event_id, project_id, received_at) FROM STDIN") as copy:
            for each in ids:
                copy.write_row((each, project, now))
        with cursor.copy(f"COPY events ({COLUMNS}) FROM STDIN") as copy:
            for number, each in enumerate(ids):
                copy.write_row(_row(each, project, issues[number % len(issues)], now))


def _row(event_id, project, issue, now: datetime):
    words = ("error", "bug", False, "medium")
    return (event_id, project, issue, now, now, *words, os.urandom(PAYLOAD))


def _issues(url, count):
    database = Database(url)
    with database.transaction() as session:
        project = add_project(session, "full")
        made = [add_issue(session, project, keys=[f"key-{n}"]).id for n in range(count)]
    database.dispose()
    return project, made

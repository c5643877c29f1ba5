"""The proof of the books finds each kind of contradiction between rows."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.maintenance.proof import as_seen_by, contradictions, gather
from core.model import Issue, IssueFingerprint
from core.store import projects
from tests.integration.stored import store_event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def stored(database):
    """One event, stored and booked as digestion does it."""
    with database.transaction() as session:
        project, _ = projects.create(session, "shop", now=NOW)
        issue = Issue(project_id=project.id, **ISSUE)
        session.add(issue)
        session.flush()
        key = {"project_id": project.id, "issue_id": issue.id, "created_at": NOW}
        session.add(IssueFingerprint(issue_key="k", mechanism="message", grouping_version=1, **key))
        store_event(session, issue.id, NOW)


ISSUE = {
    "title": "a",
    "culprit": "b",
    "level": "error",
    "category": "bug",
    "transient": False,
    "severity": "low",
    "status": "unresolved",
    "status_changed_at": NOW,
    "first_seen": NOW,
    "last_seen": NOW,
    "event_count": 1,
}

WHOLE = "accepted = stored + duplicates + pending"
BOOKED = "stored by the books = events"
THINNED = "thinned by the books = events without payload"
IDS = "event ids = events"
ORPHAN_IDS = "event ids without an event"
ORPHANS = "events without an issue"
MINUTES = "counts by the minute = events"
ISSUES = "events of all issues = stored"
NEGATIVE = "entries of the books below zero"
BOOK = (
    "INSERT INTO book_entries SELECT day, project_id, '{}', '', 9, {}"
    " FROM book_entries WHERE account = 'stored'"
)
FAULTS = {
    BOOK.format("accepted", 1): {WHOLE},
    BOOK.format("duplicates", 1): {WHOLE},
    BOOK.format("stored", 1): {WHOLE, BOOKED, ISSUES},
    BOOK.format("thinned", 1): {THINNED},
    BOOK.format("skipped", -1): {NEGATIVE},
    "INSERT INTO inbox (project_id, event_id, received_at, kind, encoding, body)"
    " SELECT project_id, event_id, received_at, 2, 0, '' FROM events": {WHOLE},
    "DELETE FROM event_ids": {IDS},
    "UPDATE event_ids SET event_id = gen_random_uuid()": {ORPHAN_IDS},
    "DELETE FROM events": {BOOKED, IDS, ORPHAN_IDS, MINUTES},
    "INSERT INTO events SELECT * FROM events": {BOOKED, IDS, MINUTES},
    "UPDATE events SET thinned = true": {THINNED},
    "UPDATE events SET issue_id = 99": {ORPHANS},
    "UPDATE issue_minutes SET events = 2": {MINUTES},
    "UPDATE issues SET event_count = 2": {ISSUES},
    "DELETE FROM issue_fingerprints": {"issues without a key"},
}


def test_right_books_contradict_nothing(database, stored):
    evidence = gather(database, since=TODAY)
    assert contradictions(evidence) == []
    assert (evidence.totals.received, evidence.totals.stored) == (3, 1)


def test_every_fault_is_told_by_the_numbers_that_know_of_it(database, stored):
    found = {}
    for statement in FAULTS:
        with database.engine.connect() as connection:
            connection.execute(text(statement))
            evidence = as_seen_by(Session(connection), since=TODAY)
            found[statement] = {each.what for each in contradictions(evidence)}
            connection.rollback()
    assert found == FAULTS


def test_days_before_the_first_are_not_compared(database, stored):
    with database.transaction() as session:
        session.execute(text("DELETE FROM events"))
        tomorrow = datetime(2026, 3, 2, tzinfo=UTC).date()
        assert contradictions(as_seen_by(session, since=tomorrow)) == []

"""Proves the books: what was accepted is stored exactly once, or known to wait.

All numbers are of one moment (one snapshot); the comparison itself is pure. Rows are compared for
the days that retention keeps, from `since` on; the books themselves are compared as a whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store import books
from core.store.books import Totals
from core.store.engine import Database
from core.store.partitions import midnight


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of the events of one project received on one day."""

    day: date
    project_id: int
    booked: int = 0
    booked_thinned: int = 0
    events: int = 0
    thinned: int = 0
    ids: int = 0
    counted: int = 0
    cropped: int = 0
    cropped_thinned: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """`spooled` waits on the disk of this host; the books take it in when it is drained.

    `events_without_issue` and `ids_without_event` are of the days compared; `issue_events` is the
    sum over all issues.
    """

    totals: Totals
    spooled: int
    days: tuple[Day, ...]
    ids_without_event: int
    events_without_issue: int
    issues_without_key: int
    issue_events: int
    negative_entries: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two numbers that must be the same and are not."""

    what: str
    expected: int
    found: int
    day: date | None = None
    project_id: int | None = None


def gather(database: Database, *, since: date, spooled: int = 0) -> Evidence:
    with database.transaction() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return as_seen_by(session, since=since, spooled=spooled)


def as_seen_by(session: Session, *, since: date, spooled: int = 0) -> Evidence:
    """Of one moment only if the session's transaction reads from one snapshot."""
    return Evidence(
        totals=books.totals(session),
        spooled=spooled,
        days=tuple(_days(session, since)),
        ids_without_event=_count(session, _IDS_WITHOUT_EVENT, since),
        events_without_issue=_count(session, _EVENTS_WITHOUT_ISSUE, since),
        issues_without_key=_count(session, _ISSUES_WITHOUT_KEY, since),
        issue_events=_count(session, _ISSUE_EVENTS, since),
        negative_entries=_count(session, _NEGATIVE, since),
    )


def contradictions(evidence: Evidence) -> list[Contradiction]:
    """Nothing, when the books are right."""
    totals = evidence.totals
    known = totals.stored + totals.duplicates + totals.pending
    whole = (
        ("accepted = stored + duplicates + pending", totals.accepted, known),
        ("events of all issues = stored", totals.stored, evidence.issue_events),
        ("event ids without an event", 0, evidence.ids_without_event),
        ("events without an issue", 0, evidence.events_without_issue),
        ("issues without a key", 0, evidence.issues_without_key),
        ("entries of the books below zero", 0, evidence.negative_entries),
    )
    found = [Contradiction(*each) for each in whole if each[1] != each[2]]
    return [*found, *(each for day in evidence.days for each in _of_day(day))]


def _of_day(day: Day) -> Iterator[Contradiction]:
    pairs = (
        ("stored by the books = events", day.booked, day.events + day.cropped),
        (
            "thinned by the books = events without payload",
            day.booked_thinned,
            day.thinned + day.cropped_thinned,
        ),
        ("event ids = events", day.ids, day.events),
        ("counts by the minute = events", day.counted, day.events + day.cropped),
    )
    for what, expected, found in pairs:
        if expected != found:
            yield Contradiction(what, expected, found, day.day, day.project_id)


_DAYS: Final = text("""
    WITH booked AS (
        SELECT day, project_id,
            sum(count) FILTER (WHERE account = 'stored') AS booked,
            sum(count) FILTER (WHERE account = 'thinned') AS booked_thinned,
            sum(count) FILTER (WHERE account = 'cropped') AS cropped,
            sum(count) FILTER (WHERE account = 'cropped_thinned') AS cropped_thinned
        FROM book_entries WHERE day >= :day
            AND account IN ('stored', 'thinned', 'cropped', 'cropped_thinned')
        GROUP BY day, project_id
    ), found AS (
        SELECT (received_at AT TIME ZONE 'UTC')::date AS day, project_id, count(*) AS events,
            count(*) FILTER (WHERE thinned) AS thinned
        FROM events WHERE received_at >= :since GROUP BY 1, 2
    ), known AS (
        SELECT (received_at AT TIME ZONE 'UTC')::date AS day, project_id, count(*) AS ids
        FROM event_ids WHERE received_at >= :since GROUP BY 1, 2
    ), counted AS (
        SELECT (minute AT TIME ZONE 'UTC')::date AS day, project_id, sum(events) AS counted
        FROM issue_minutes WHERE minute >= :since GROUP BY 1, 2
    )
    SELECT day, project_id, coalesce(booked, 0)::bigint, coalesce(booked_thinned, 0)::bigint,
        coalesce(events, 0)::bigint, coalesce(thinned, 0)::bigint, coalesce(ids, 0)::bigint,
        coalesce(counted, 0)::bigint, coalesce(cropped, 0)::bigint,
        coalesce(cropped_thinned, 0)::bigint
    FROM booked
    FULL JOIN found USING (day, project_id)
    FULL JOIN known USING (day, project_id)
    FULL JOIN counted USING (day, project_id)
    ORDER BY day, project_id
""")
_IDS_WITHOUT_EVENT: Final = """
    SELECT count(*) FROM event_ids AS known
    WHERE known.received_at >= :since AND NOT EXISTS (
        SELECT 1 FROM events WHERE events.received_at >= :since
            AND events.event_id = known.event_id AND events.project_id = known.project_id)
"""
_EVENTS_WITHOUT_ISSUE: Final = """
    SELECT count(*) FROM events WHERE received_at >= :since AND NOT EXISTS (
        SELECT 1 FROM issues WHERE issues.id = events.issue_id
            AND issues.project_id = events.project_id)
"""
_ISSUES_WITHOUT_KEY: Final = """
    SELECT count(*) FROM issues WHERE merged_into IS NULL AND NOT EXISTS (
        SELECT 1 FROM issue_fingerprints AS known WHERE known.issue_id = issues.id)
"""
_ISSUE_EVENTS: Final = "SELECT coalesce(sum(event_count), 0) FROM issues WHERE merged_into IS NULL"
# Writers correct one another, so only their sum tells.
_NEGATIVE: Final = """
    SELECT count(*) FROM (
        SELECT 1 FROM book_entries GROUP BY day, project_id, account, reason HAVING sum(count) < 0
    ) AS below
"""


def _days(session: Session, since: date) -> Iterator[Day]:
    values: Mapping[str, Any] = {"day": since, "since": midnight(since)}
    for row in session.execute(_DAYS, values):
        yield Day(*row)


def _count(session: Session, statement: str, since: date) -> int:
    values = {"since": midnight(since)} if ":since" in statement else {}
    return int(session.execute(text(statement), values).scalar_one())

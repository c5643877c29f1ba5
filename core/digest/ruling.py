"""What follows for issues from a project's own rules, and how often each of them matched."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import psycopg

from core.analysis.result import UNRULED
from core.digest.bookkeeping import Pairs, day
from core.digest.event import Digested
from core.digest.rows import StoredRow

# A title or a kind that a rule gives holds for issues that are there already, too.
_DESCRIBE: Final = """
    UPDATE issues SET title = coalesce(ruled.title, issues.title),
        category = coalesce(ruled.category, issues.category),
        family = coalesce(ruled.family, issues.family),
        kind = coalesce(ruled.kind, issues.kind),
        transient = coalesce(ruled.transient, issues.transient),
        severity = coalesce(ruled.severity, issues.severity)
    FROM unnest(
        %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::text[]
    ) AS ruled (id, title, category, family, kind, transient, severity)
    WHERE issues.id = ruled.id AND (
        ruled.title <> issues.title OR ruled.category <> issues.category
        OR ruled.family <> issues.family OR ruled.kind <> coalesce(issues.kind, '')
        OR ruled.transient <> issues.transient OR ruled.severity <> issues.severity
    )
"""
_COUNT: Final = """
    INSERT INTO rule_hits AS kept (project_id, day, rule, writer, events)
    SELECT project_id, day, rule, %s, events
    FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[])
        AS found (project_id, day, rule, events)
    ON CONFLICT (project_id, day, rule, writer) DO UPDATE SET events = kept.events + excluded.events
"""

Connection = psycopg.Connection[Any]


def describe(connection: Connection, pairs: Pairs) -> None:
    """The newest event of each issue decides; whoever counts has locked the issues."""
    newest = {
        issue_id: event
        for issue_id, event in pairs
        if event.analysis.ruled.titled or event.analysis.ruled.classification
    }
    if newest:
        rows = [_described(issue_id, event) for issue_id, event in sorted(newest.items())]
        connection.execute(_DESCRIBE, list(map(list, zip(*rows, strict=True))))


def _described(issue_id: int, event: Digested) -> tuple[Any, ...]:
    ruled, found = event.analysis.ruled, event.analysis.classification
    title = event.analysis.grouping.title if ruled.titled else None
    if not ruled.classification:
        return issue_id, title, None, None, None, None, None
    kind = (found.category.value, found.family, found.kind or None)
    return issue_id, title, *kind, found.transient, found.severity.value


def count(connection: Connection, rows: Iterable[StoredRow], writer: int) -> None:
    """In the order of project, day and name, as everybody counts."""
    counts = Counter(
        (row.event.project_id, day(row.event.received_at), name)
        for row in rows
        if row.event.analysis.ruled is not UNRULED
        for name in (row.event.analysis.ruled.grouping, row.event.analysis.ruled.classification)
        if name
    )
    if counts:
        found = [(*key, events) for key, events in sorted(counts.items())]
        columns = list(map(list, zip(*found, strict=True)))
        connection.execute(_COUNT, [writer, *columns])

"""What the digest would have counted, written down directly."""

from datetime import timedelta

from sqlalchemy import insert

from core.model import IssueFacet, IssueMinute, IssueVisitor, Sighting
from tests.integration.core.rows import NOW

MINUTE = timedelta(minutes=1)


def count(session, issue, events, *, minutes_ago, resolution=60):
    at = (NOW - minutes_ago * MINUTE).replace(second=0, microsecond=0)
    session.add(
        IssueMinute(
            issue_id=issue.id,
            minute=at,
            resolution=resolution,
            project_id=issue.project_id,
            events=events,
        )
    )
    session.flush()


def meet(session, issue, hashes, *, kind=1, at=NOW):
    rows = [
        {
            "project_id": issue.project_id,
            "kind": kind,
            "issue_id": issue.id,
            "hash": each,
            "seen_at": at,
        }
        for each in hashes
    ]
    session.execute(insert(IssueVisitor), rows)


def facet(session, issue, kind, value, events=1, *, seen=NOW):
    session.add(
        IssueFacet(
            issue_id=issue.id,
            kind=kind.value,
            value=value,
            project_id=issue.project_id,
            events=events,
            first_seen=seen,
            last_seen=seen,
        )
    )
    session.flush()


def sight(session, project_id, release="", environment="", component="", *, first=NOW, last=NOW):
    session.add(
        Sighting(
            project_id=project_id,
            release=release,
            environment=environment,
            component=component,
            first_seen=first,
            last_seen=last,
        )
    )
    session.flush()

"""What is known around alerts that begin: cascades, traces, deploys, fresh releases."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.incident import STORM_SPAN, Surroundings
from core.alerts.picture import Pictured
from core.model import Visitor

DEPLOYED: Final = timedelta(minutes=30)
FRESH: Final = timedelta(hours=1)
TRACED: Final = timedelta(minutes=15)

_CASCADES: Final = text("""
    SELECT member.issue_id, max(member.group_id) FROM correlation_members AS member
    JOIN correlation_groups AS cascade ON cascade.id = member.group_id
    WHERE member.issue_id = ANY(:issues) AND cascade.state = 'open' GROUP BY 1""")
_TRACES: Final = text("""
    SELECT wanted.project_id, wanted.issue_id, met.hash
    FROM unnest(CAST(:projects AS bigint[]), CAST(:issues AS bigint[]))
        AS wanted (project_id, issue_id)
    CROSS JOIN LATERAL (
        SELECT hash FROM issue_visitors AS visit
        WHERE visit.project_id = wanted.project_id AND visit.kind = :kind
          AND visit.issue_id = wanted.issue_id AND visit.seen_at > :since
        ORDER BY hash LIMIT 10) AS met""")
_DEPLOYS: Final = text("""
    SELECT DISTINCT ON (project_id, coalesce(component, '')) project_id,
        coalesce(component, '') AS component, name
    FROM deploys WHERE project_id = ANY(:projects) AND at > :since AND at <= :now
    ORDER BY project_id, coalesce(component, ''), at DESC""")
_RELEASES: Final = text("""
    SELECT project_id, release FROM sightings
    WHERE project_id = ANY(:projects) AND release = ANY(:releases)
    GROUP BY 1, 2 HAVING min(first_seen) > :since""")
_RECENT: Final = text("""
    SELECT coalesce(incident.project_id, 0), count(*) FROM incidents AS incident
    JOIN incident_alerts AS member ON member.incident_id = incident.id
    WHERE incident.state = 'open' AND incident.last_at > :since AND member.joined_at > :since
    GROUP BY 1""")


def around(session: Session, alerts: Sequence[Pictured], now: datetime) -> Surroundings:
    projects = sorted({alert.project_id for alert in alerts if alert.project_id is not None})
    issues = {
        alert.issue_id: alert.project_id
        for alert in alerts
        if alert.issue_id is not None and alert.project_id is not None
    }
    releases = {alert.release for alert in alerts if alert.release}
    return Surroundings(
        cascades=_cascades(session, issues) if issues else {},
        traces=_traces(session, issues, now) if issues else {},
        deploys=_deploys(session, projects, now) if projects else {},
        releases=_releases(session, projects, releases, now) if releases else frozenset(),
    )


def recent(session: Session, now: datetime) -> dict[int, int]:
    """How many alerts of each project began a moment ago."""
    rows = session.execute(_RECENT, {"since": now - STORM_SPAN})
    return {project: count for project, count in rows}  # noqa: C416 (rows are no plain pairs)


def _cascades(session: Session, issues: Mapping[int, int]) -> dict[int, int]:
    rows = session.execute(_CASCADES, {"issues": list(issues)})
    return {issue: cascade for issue, cascade in rows}  # noqa: C416


def _traces(session: Session, issues: Mapping[int, int], now: datetime) -> dict[int, list[int]]:
    values = {
        "projects": list(issues.values()),
        "issues": list(issues),
        "kind": Visitor.TRACE.value,
        "since": now - TRACED,
    }
    found: dict[int, list[int]] = {}
    for _, issue, trace in session.execute(_TRACES, values):
        found.setdefault(issue, []).append(trace)
    return found


def _deploys(
    session: Session, projects: Sequence[int], now: datetime
) -> dict[tuple[int, str], str]:
    values = {"projects": list(projects), "since": now - DEPLOYED, "now": now}
    rows = session.execute(_DEPLOYS, values)
    return {(row.project_id, row.component): row.name for row in rows}


def _releases(
    session: Session, projects: Sequence[int], releases: Collection[str], now: datetime
) -> frozenset[tuple[int, str]]:
    values = {"projects": list(projects), "releases": sorted(releases), "since": now - FRESH}
    rows = session.execute(_RELEASES, values)
    return frozenset((row.project_id, row.release) for row in rows)

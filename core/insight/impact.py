"""Whom and what an issue hits, and how its rate stands to its own past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.analysis import impact
from core.analysis.impact import BlastRadius, Rate, Share
from core.insight import changes, visitors
from core.insight.changes import Change
from core.insight.visitors import Distinct
from core.model import Facet, Issue, IssueFacet, IssueMinute, Sighting
from core.store import issues
from core.store.issues import Window

WINDOW: Final = timedelta(hours=1)
REACH: Final = timedelta(days=1)
PAST: Final = timedelta(days=7)
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class FacetCount:
    """'' stands for values that became too many to be kept one by one."""

    value: str
    events: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Impact:
    """`users` ever, `users_now` within the reach of the blast radius; `share` of all events;
    `changes` just before it began.
    """

    issue_id: int
    at: datetime
    users: Distinct
    users_now: Distinct
    releases: Sequence[FacetCount]
    environments: Sequence[FacetCount]
    components: Sequence[FacetCount]
    rate: Rate
    window_seconds: int
    blast_radius: BlastRadius
    reach_seconds: int
    share: Share
    changes: Sequence[Change]


def of_issue(session: Session, issue: Issue, now: datetime) -> Impact:
    """With all that was merged into it."""
    family = issues.family(session, issue.id)
    since = now - REACH
    ever = issue.first_seen - PAST
    users_now = visitors.distinct(session, issue.project_id, family, since=since)
    facets = {kind: _facets(session, family, kind) for kind in Facet}
    return Impact(
        issue_id=issue.id,
        at=now,
        users=visitors.distinct(session, issue.project_id, family, since=ever),
        users_now=users_now,
        releases=facets[Facet.RELEASE],
        environments=facets[Facet.ENVIRONMENT],
        components=facets[Facet.COMPONENT],
        rate=_rate(session, family, issue.first_seen, now),
        window_seconds=int(WINDOW.total_seconds()),
        blast_radius=impact.blast_radius(_shares(session, issue, users_now, family, since)),
        reach_seconds=int(REACH.total_seconds()),
        share=_share(session, issue.project_id, family, since),
        changes=changes.before(session, issue),
    )


def _facets(session: Session, family: Sequence[int], kind: Facet) -> list[FacetCount]:
    """The most frequent first."""
    events = func.sum(IssueFacet.events)
    statement = (
        select(
            IssueFacet.value,
            events,
            func.min(IssueFacet.first_seen),
            func.max(IssueFacet.last_seen),
        )
        .where(IssueFacet.issue_id.in_(family), IssueFacet.kind == kind.value)
        .group_by(IssueFacet.value)
        .order_by(events.desc(), IssueFacet.value)
        .limit(SHOWN)
    )
    return [
        FacetCount(value, int(count), first, last)
        for value, count, first, last in session.execute(statement)
    ]


def _rate(session: Session, family: Sequence[int], first_seen: datetime, now: datetime) -> Rate:
    """The last whole window against those before it, since the issue began."""
    until = now.replace(second=0, microsecond=0)
    age = min(max(until - first_seen, timedelta(0)), PAST)
    windows = max(int(age / WINDOW), 1)
    since = until - windows * WINDOW
    step = int(WINDOW.total_seconds())
    found = {
        (count.at - since) // WINDOW: count.events
        for count in issues.trend(session, family, Window(since, until, step))
    }
    counts = [found.get(place, 0) for place in range(windows)]
    return impact.rate(counts[-1], counts[:-1])


def _shares(
    session: Session,
    issue: Issue,
    users: Distinct,
    family: Sequence[int],
    since: datetime,
) -> dict[str, Share]:
    everybody = visitors.distinct(session, issue.project_id, None, since=since)
    statement = select(
        func.count(func.nullif(Sighting.component, "").distinct()),
        func.count(func.nullif(Sighting.environment, "").distinct()),
    ).where(Sighting.project_id == issue.project_id, Sighting.last_seen >= since)
    components, environments = session.execute(statement).one()
    return {
        "users": Share(users.count, everybody.count),
        "components": Share(_recent(session, family, Facet.COMPONENT, since), components),
        "environments": Share(_recent(session, family, Facet.ENVIRONMENT, since), environments),
    }


def _recent(session: Session, family: Sequence[int], kind: Facet, since: datetime) -> int:
    """All that are known by name, however few of them are shown."""
    statement = select(func.count(IssueFacet.value.distinct())).where(
        IssueFacet.issue_id.in_(family),
        IssueFacet.kind == kind.value,
        IssueFacet.value != "",
        IssueFacet.last_seen >= since,
    )
    return session.scalar(statement) or 0


def _share(session: Session, project_id: int, family: Sequence[int], since: datetime) -> Share:
    """Of all events of the project."""
    mine = func.coalesce(func.sum(IssueMinute.events).filter(IssueMinute.issue_id.in_(family)), 0)
    every = func.coalesce(func.sum(IssueMinute.events), 0)
    statement = select(mine, every).where(
        IssueMinute.project_id == project_id, IssueMinute.minute >= since
    )
    part, whole = session.execute(statement).one()
    return Share(int(part), int(whole))

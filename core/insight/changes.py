"""What changed just before an issue began: deploys that were told, and releases, environments and
components that were seen first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.insight import deploys
from core.insight.deploys import DeployKind
from core.model import Deploy, Issue

BEFORE: Final = timedelta(days=1)
SHOWN: Final = 20

# What has been there from a project's first hour on is no change.
_FIRSTS: Final = text("""
    WITH known AS (
        SELECT release, environment, component, first_seen FROM sightings
        WHERE project_id = :project
    ), firsts AS (
        SELECT 'release' AS kind, release AS value, min(first_seen) AS at FROM known GROUP BY 2
        UNION ALL
        SELECT 'environment', environment, min(first_seen) FROM known GROUP BY 2
        UNION ALL
        SELECT 'component', component, min(first_seen) FROM known GROUP BY 2
        UNION ALL
        SELECT 'release in ' || concat_ws(', ', nullif(environment, ''), nullif(component, '')),
            release, min(first_seen)
        FROM known WHERE environment <> '' OR component <> '' GROUP BY 1, 2
    )
    SELECT kind, value, at FROM firsts
    WHERE value <> '' AND at > :since AND at <= :until
      AND at > (SELECT min(first_seen) FROM known)
    ORDER BY at DESC, kind, value LIMIT :shown
""")


@dataclass(frozen=True, slots=True)
class Change:
    """`seconds_before` the issue began. `issues` of the project were first seen in the release."""

    kind: str
    value: str
    at: datetime
    seconds_before: float
    issues: int | None
    reason: str


def before(session: Session, issue: Issue) -> list[Change]:
    """The nearest first; all times by the clients' clocks."""
    since = issue.first_seen - BEFORE
    values = {
        "project": issue.project_id,
        "since": since,
        "until": issue.first_seen,
        "shown": SHOWN,
    }
    found = session.execute(_FIRSTS, values).all()
    whole = {value: at for kind, value, at in found if kind == "release"}
    seen = [
        _change(session, issue, kind, value, at)
        for kind, value, at in found
        # A release that is wholly new is told once, not again for each place.
        if not (kind.startswith("release in") and whole.get(value) == at)
    ]
    told = deploys.within(session, issue.project_id, since, issue.first_seen)
    every = [*seen, *(_told(session, issue, deploy) for deploy in told[:SHOWN])]
    return sorted(every, key=lambda change: change.seconds_before)[:SHOWN]


def _change(session: Session, issue: Issue, kind: str, value: str, at: datetime) -> Change:
    seconds = (issue.first_seen - at).total_seconds()
    begun = _begun_in(session, issue.project_id, value, at) if kind == "release" else None
    told = f"The {kind} {value} was first seen {_span(seconds)} before the issue"
    if kind.startswith("release in"):
        told = f"The release {value} was first seen in {kind[11:]} {_span(seconds)} before it"
    if kind == "release" and issue.first_release == value:
        told += ", which began in it"
    if begun:
        told += f"; {begun} issues were first seen in it"
    return Change(kind, value, at, seconds, begun, told + ".")


def _told(session: Session, issue: Issue, deploy: Deploy) -> Change:
    """A deploy of a release counts the issues that began in it, as the release itself does."""
    seconds = (issue.first_seen - deploy.at).total_seconds()
    is_release = deploy.kind == DeployKind.RELEASE
    begun = _begun_in(session, issue.project_id, deploy.name, deploy.at) if is_release else None
    where = ", ".join(filter(None, (deploy.environment, deploy.component)))
    place = f" in {where}" if where else ""
    reason = (
        f"{deploy.created_by} told of {deploy.kind} {deploy.name}{place},"
        f" {_span(seconds)} before the issue."
    )
    return Change(f"deploy: {deploy.kind}", deploy.name, deploy.at, seconds, begun, reason)


def _begun_in(session: Session, project_id: int, release: str, at: datetime) -> int:
    """Issues that were seen since the release came, and first of all in it."""
    statement = select(func.count()).where(
        Issue.project_id == project_id, Issue.last_seen >= at, Issue.first_release == release
    )
    return session.scalar(statement) or 0


def _span(seconds: float) -> str:
    for size, name in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"

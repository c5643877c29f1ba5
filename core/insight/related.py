"""Which other issues come together with one: in the same minutes, traces, or to the same users."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session

from core.analysis.cooccurrence import Hint, Together, hints
from core.insight import visitors
from core.model import Issue, Visitor
from core.store import issues

WINDOW: Final = timedelta(days=1)
# Minutes of the issue that are looked at, the newest, and the others that share most of them.
MINUTES: Final = 720
CANDIDATES: Final = 100
SHOWN: Final = 20
BASES: Final = {Visitor.TRACE: "traces", Visitor.USER: "users"}

_FAMILY: Final = bindparam("family", type_=ARRAY(BIGINT))
# Chance is reckoned over the hours in which the project had any failure: at night, when nothing
# runs, nothing comes together either.
_MINUTES: Final = text("""
    WITH counted AS (
        SELECT issue_id, minute FROM issue_minutes
        WHERE project_id = :project AND resolution = 60 AND minute >= :since AND minute < :until
    ), own AS (
        SELECT DISTINCT minute FROM counted WHERE issue_id = ANY(:family)
        ORDER BY minute DESC LIMIT :minutes
    ), bounds AS (
        SELECT min(minute) AS since, count(*) AS minutes FROM own
    ), hours AS (
        SELECT 60 * count(DISTINCT date_trunc('hour', minute)) AS minutes
        FROM counted, bounds WHERE minute >= date_trunc('hour', bounds.since)
    ), met AS (
        SELECT issue_id, count(own.minute) AS shared, count(*) AS theirs
        FROM counted CROSS JOIN bounds LEFT JOIN own USING (minute)
        WHERE issue_id <> ALL(:family) AND minute >= date_trunc('hour', bounds.since)
        GROUP BY issue_id HAVING count(own.minute) > 0
        ORDER BY shared DESC, issue_id LIMIT :most
    )
    SELECT met.issue_id, met.shared, bounds.minutes, met.theirs, hours.minutes
    FROM met, bounds, hours
""").bindparams(_FAMILY)
# Samples are compared below the lower of the limits of both.
_VISITORS: Final = text("""
    WITH mine AS (
        SELECT DISTINCT hash FROM issue_visitors
        WHERE project_id = :project AND kind = :kind AND issue_id = ANY(:family)
          AND seen_at >= :since
    ), allowed AS (
        SELECT coalesce(min(below), 9223372036854775807) AS below FROM visitor_limits
        WHERE project_id = :project AND kind = :kind AND issue_id = ANY(:family)
    ), met AS (
        SELECT issue_id, count(*) AS shared FROM issue_visitors JOIN mine USING (hash)
        WHERE project_id = :project AND kind = :kind AND issue_id <> ALL(:family)
          AND seen_at >= :since
        GROUP BY issue_id ORDER BY shared DESC, issue_id LIMIT :most
    ), compared AS (
        SELECT met.*, least(allowed.below, theirs.below) AS below FROM met CROSS JOIN allowed
        LEFT JOIN visitor_limits AS theirs
            ON theirs.project_id = :project AND theirs.kind = :kind
           AND theirs.issue_id = met.issue_id
    )
    SELECT issue_id, shared, below,
        (SELECT count(*) FROM mine WHERE mine.hash < compared.below),
        (SELECT count(*) FROM issue_visitors AS theirs
         WHERE theirs.project_id = :project AND theirs.kind = :kind
           AND theirs.issue_id = compared.issue_id AND theirs.hash < compared.below
           AND theirs.seen_at >= :since)
    FROM compared
""").bindparams(_FAMILY)


@dataclass(frozen=True, slots=True)
class Related:
    """An issue that comes together with another one, and what tells so, the surest first."""

    issue: Issue
    hints: Sequence[Hint]


def of_issue(session: Session, issue: Issue, now: datetime) -> list[Related]:
    """The surest first."""
    family = issues.family(session, issue.id)
    until = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    found = list(_by_minute(session, issue.project_id, family, until))
    for kind in BASES:
        found += _by_visitor(session, issue.project_id, family, kind, until)
    by_issue: dict[int, list[Hint]] = {}
    for hint in hints(found):
        other = issues.root(session, hint.together.issue_id)
        by_issue.setdefault(other.id, []).append(hint)
    shown = list(by_issue.items())[:SHOWN]
    return [Related(issues.get(session, other), told) for other, told in shown]


def _by_minute(
    session: Session, project_id: int, family: Sequence[int], until: datetime
) -> Iterable[Together]:
    values = {
        "project": project_id,
        "family": list(family),
        "since": until - WINDOW,
        "until": until,
        "minutes": MINUTES,
        "most": CANDIDATES,
    }
    for issue_id, *counts in session.execute(_MINUTES, values):
        yield Together(issue_id, "minutes", *map(int, counts))


def _by_visitor(
    session: Session, project_id: int, family: Sequence[int], kind: Visitor, until: datetime
) -> Iterable[Together]:
    since = until - WINDOW
    every = visitors.distinct(session, project_id, None, since=since, kind=kind)
    values = {
        "project": project_id,
        "kind": kind.value,
        "family": list(family),
        "since": since,
        "most": CANDIDATES,
    }
    for issue_id, shared, below, own, theirs in session.execute(_VISITORS, values):
        total = max(round(every.count * below / visitors.HASHES), own + theirs - shared)
        yield Together(issue_id, BASES[kind], shared, own, theirs, total)

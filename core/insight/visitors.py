"""How many users and traces issues met: exact while they are few, from a sample when many.

A hash is a number below 2^63. Of an issue that met more than `MOST` only the lowest hashes are
kept, below its limit; as hashes are even over all numbers, so many kept below the limit mean so
many times more in all (Giroire's and Dasgupta's estimate, the theta sketch). Samples of several
issues are united below the lowest of their limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any, Final

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session

from core.model import Visitor
from core.store.engine import Database

HASHES: Final = 2**63
MOST: Final = 1_024
KEPT: Final = 512
MOST_TRACES: Final = 256
# Of an issue's releases, environments or components the most frequent ones stay.
MOST_VALUES: Final = 100
VALUES_KEPT: Final = 50

_IDS: Final = bindparam("issues", type_=ARRAY(BIGINT))
_COUNT: Final = text("""
    WITH allowed AS (
        SELECT coalesce(min(below), 9223372036854775807) AS below FROM visitor_limits
        WHERE project_id = :project AND kind = :kind
          AND (CAST(:issues AS bigint[]) IS NULL OR issue_id = ANY(:issues))
    )
    SELECT below, (
        SELECT count(DISTINCT hash) FROM issue_visitors
        WHERE project_id = :project AND kind = :kind AND hash < below
          AND (CAST(:issues AS bigint[]) IS NULL OR issue_id = ANY(:issues))
          AND seen_at >= :since
    )
    FROM allowed
""").bindparams(_IDS)

_CROWDED: Final = text("""
    WITH active AS (
        SELECT DISTINCT project_id, issue_id FROM issue_minutes
        WHERE resolution = 60 AND minute >= :since
    )
    SELECT project_id, issue_id, lowest.hash FROM active CROSS JOIN LATERAL (
        SELECT hash FROM issue_visitors AS met
        WHERE met.project_id = active.project_id AND met.kind = :kind
          AND met.issue_id = active.issue_id
        ORDER BY project_id, kind, issue_id, hash OFFSET :most LIMIT 1
    ) AS lowest
    ORDER BY issue_id
""")
_LIMIT: Final = text("""
    WITH cut AS (
        SELECT hash FROM issue_visitors
        WHERE project_id = :project AND kind = :kind AND issue_id = :issue
        ORDER BY hash OFFSET :kept LIMIT 1
    ), limited AS (
        INSERT INTO visitor_limits AS kept (project_id, kind, issue_id, below, set_at)
        SELECT :project, :kind, :issue, hash, :now FROM cut
        ON CONFLICT (project_id, kind, issue_id)
        DO UPDATE SET below = least(kept.below, excluded.below), set_at = excluded.set_at
    )
    DELETE FROM issue_visitors USING cut
    WHERE project_id = :project AND kind = :kind AND issue_id = :issue
      AND issue_visitors.hash >= cut.hash
""")
# Traces are never met again: the newest ones stay.
_FORGET: Final = text("""
    DELETE FROM issue_visitors
    WHERE project_id = :project AND kind = :kind AND issue_id = :issue AND seen_at < (
        SELECT seen_at FROM issue_visitors
        WHERE project_id = :project AND kind = :kind AND issue_id = :issue
        ORDER BY seen_at DESC OFFSET :kept LIMIT 1
    )
""")
_CROWDED_VALUES: Final = text("""
    WITH active AS (
        SELECT DISTINCT issue_id FROM issue_minutes WHERE resolution = 60 AND minute >= :since
    )
    SELECT issue_id, kind FROM active JOIN issue_facets USING (issue_id)
    GROUP BY issue_id, kind HAVING count(*) > :most ORDER BY issue_id, kind
""")
_FOLD: Final = text("""
    WITH rare AS (
        SELECT value FROM issue_facets
        WHERE issue_id = :issue AND kind = :kind AND value <> ''
        ORDER BY events DESC, last_seen DESC, value OFFSET :kept
    ), gone AS (
        DELETE FROM issue_facets USING rare
        WHERE issue_id = :issue AND kind = :kind AND issue_facets.value = rare.value
        RETURNING project_id, events, first_seen, last_seen
    )
    INSERT INTO issue_facets AS kept (
        issue_id, kind, value, project_id, events, first_seen, last_seen
    )
    SELECT :issue, :kind, '', min(project_id), sum(events), min(first_seen), max(last_seen)
    FROM gone HAVING count(*) > 0
    ON CONFLICT (issue_id, kind, value) DO UPDATE SET
        events = kept.events + excluded.events,
        first_seen = least(kept.first_seen, excluded.first_seen),
        last_seen = greatest(kept.last_seen, excluded.last_seen)
""")
# As every batch of the digest does before it touches what belongs to an issue.
_LOCK: Final = text("SELECT id FROM issues WHERE id = :issue FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Distinct:
    """`error`: the standard error of an estimate as a share of it; 0 where the count is exact."""

    count: int
    error: float = 0.0

    @property
    def exact(self) -> bool:
        return self.error == 0


@dataclass(frozen=True, slots=True)
class Cropped:
    """Issues whose visitors or values had become too many."""

    visitors: int = 0
    traces: int = 0
    values: int = 0


def estimate(kept: int, below: int) -> Distinct:
    """`kept` hashes below a limit."""
    if below >= HASHES - 1:
        return Distinct(kept)
    error = 1 / sqrt(kept - 2) if kept > 2 else 1.0  # noqa: PLR2004  as the estimate has it
    return Distinct(round(kept * HASHES / below), round(error, 4))


def distinct(
    session: Session,
    project_id: int,
    issue_ids: Sequence[int] | None,
    *,
    since: datetime,
    kind: Visitor = Visitor.USER,
) -> Distinct:
    """Seen since then by these issues together, or by the whole project."""
    ids = None if issue_ids is None else list(issue_ids)
    values = {"project": project_id, "kind": kind.value, "issues": ids, "since": since}
    below, kept = session.execute(_COUNT, values).one()
    return estimate(kept, below)


def crop(database: Database, now: datetime, *, window: timedelta) -> Cropped:
    """Makes what became too much within the window small again, one issue a transaction."""
    since = now - window
    users = _crowded(database, Visitor.USER, MOST, since)
    for project_id, issue_id in users:
        values = {"project": project_id, "kind": Visitor.USER.value, "kept": KEPT, "now": now}
        _locked(database, _LIMIT, issue_id, values)
    traces = _crowded(database, Visitor.TRACE, 2 * MOST_TRACES, since)
    for project_id, issue_id in traces:
        values = {"project": project_id, "kind": Visitor.TRACE.value, "kept": MOST_TRACES}
        _locked(database, _FORGET, issue_id, values)
    with database.transaction() as session:
        facets = session.execute(_CROWDED_VALUES, {"since": since, "most": MOST_VALUES}).all()
    for issue_id, kind in facets:
        _locked(database, _FOLD, issue_id, {"kind": kind, "kept": VALUES_KEPT})
    return Cropped(len(users), len(traces), len(facets))


def _crowded(
    database: Database, kind: Visitor, most: int, since: datetime
) -> Sequence[tuple[int, int]]:
    with database.transaction() as session:
        values = {"kind": kind.value, "most": most, "since": since}
        found = session.execute(_CROWDED, values)
        return [(project_id, issue_id) for project_id, issue_id, _ in found]


def _locked(
    database: Database, statement: TextClause, issue_id: int, values: Mapping[str, Any]
) -> None:
    with database.transaction() as session:
        session.execute(_LOCK, {"issue": issue_id})
        session.execute(statement, {"issue": issue_id, **values})

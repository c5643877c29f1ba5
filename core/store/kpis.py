"""Key figures of recovery over a period, in all, by component and by category.

What ended in the period counts. `tried` leaves out errors that were given to a person at once, as
nothing of ours could mend them, and what has subsided: nobody knows whether it was mended. Errors
are unmanaged when nothing was decided about their issue, neither by a recovery nor by a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_RECOVERIES: Final = text("""
    WITH ended AS (
        SELECT coalesce(component, '') AS component, category, state, automatic,
               state = 'recovered' AS mended,
               extract(epoch FROM ended_at - planned_at)::float8 AS seconds,
               extract(epoch FROM ended_at - first_event_at)::float8 AS since_first,
               state <> 'subsided' AND (
                   state IN ('recovered', 'refused', 'rejected', 'expired', 'failed')
                   OR acted > 0
                   OR EXISTS (
                       SELECT FROM recovery_attempts AS done
                       WHERE done.recovery_id = recoveries.id AND done.state IN
                           ('watched', 'acted', 'unknown', 'verified', 'disproved', 'undone',
                            'stuck', 'refused')
                   )) AS tried
        FROM recoveries
        WHERE ended_at >= :since AND ended_at < :until
          AND (CAST(:project_id AS bigint) IS NULL OR project_id = :project_id)
          AND state NOT IN ('shadowed', 'reported')
    )
    SELECT grouping(component, category) AS level, component, category,
           count(*) AS ended,
           count(*) FILTER (WHERE tried) AS tried,
           count(*) FILTER (WHERE mended) AS recovered,
           count(*) FILTER (WHERE mended AND automatic) AS automatic,
           count(*) FILTER (WHERE state = 'subsided') AS subsided,
           count(*) FILTER (WHERE state = 'escalated' AND NOT tried) AS escalated_at_once,
           avg(seconds) FILTER (WHERE mended) AS recovery_seconds,
           max(seconds) FILTER (WHERE mended) AS longest_seconds,
           avg(since_first) FILTER (WHERE mended) AS mttr_seconds
    FROM ended GROUP BY GROUPING SETS ((), (component), (category))
""")
_ERRORS: Final = text("""
    WITH seen AS (
        SELECT issue_id, sum(events)::bigint AS events
        FROM issue_minutes
        WHERE minute >= :since AND minute < :until AND resolution IN (60, 3600, 86400)
          AND (CAST(:project_id AS bigint) IS NULL OR project_id = :project_id)
        GROUP BY issue_id
    ), told AS (
        SELECT coalesce(issues.component, '') AS component, issues.category, seen.events,
               issues.status IN ('unresolved', 'regressed') AND NOT EXISTS (
                   SELECT FROM recoveries
                   WHERE recoveries.issue_id = issues.id AND recoveries.planned_at < :until
               ) AS unmanaged
        FROM seen JOIN issues ON issues.id = seen.issue_id
    )
    SELECT grouping(component, category) AS level, component, category,
           coalesce(sum(events), 0)::bigint AS errors,
           coalesce(sum(events) FILTER (WHERE unmanaged), 0)::bigint AS unmanaged
    FROM told GROUP BY GROUPING SETS ((), (component), (category))
""")
_ALL, _BY_CATEGORY, _BY_COMPONENT = 3, 2, 1


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Shares are none where there is nothing to take a share of. Times in seconds.

    `subsided` did not come again, and nobody told of a success; that is in no rate.
    `recovery_seconds` runs from the plan to the verified end, `mttr_seconds` from the first event.
    """

    ended: int = 0
    tried: int = 0
    recovered: int = 0
    automatic: int = 0
    subsided: int = 0
    escalated_at_once: int = 0
    recovery_seconds: float | None = None
    longest_seconds: float | None = None
    mttr_seconds: float | None = None
    errors: int = 0
    unmanaged: int = 0

    @property
    def recovery_rate(self) -> float | None:
        return _share(self.recovered, self.tried)

    @property
    def automatic_share(self) -> float | None:
        return _share(self.automatic, self.recovered)

    @property
    def unmanaged_share(self) -> float | None:
        return _share(self.unmanaged, self.errors)


@dataclass(frozen=True, slots=True)
class Kpis:
    since: datetime
    until: datetime
    total: Figures = field(default_factory=Figures)
    by_component: Mapping[str, Figures] = field(default_factory=dict)
    by_category: Mapping[str, Figures] = field(default_factory=dict)


def of(
    session: Session, *, since: datetime, until: datetime, project_id: int | None = None
) -> Kpis:
    values = {"since": since, "until": until, "project_id": project_id}
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for statement in (_RECOVERIES, _ERRORS):
        for row in session.execute(statement, values).mappings():
            level = row["level"]
            name = {_BY_CATEGORY: row["category"], _BY_COMPONENT: row["component"]}.get(level, "")
            figures = found.setdefault((level, name), {})
            figures |= {key: row[key] for key in row if key in Figures.__annotations__}
    return Kpis(
        since,
        until,
        Figures(**found.get((_ALL, ""), {})),
        _level(found, _BY_COMPONENT),
        _level(found, _BY_CATEGORY),
    )


def _level(found: Mapping[tuple[int, str], Mapping[str, Any]], level: int) -> Mapping[str, Figures]:
    """The most errors first; what names no component stands under the empty name."""
    named = {name: Figures(**values) for (each, name), values in found.items() if each == level}
    ranked: Sequence[str] = sorted(named, key=lambda name: (-named[name].errors, name))
    return {name: named[name] for name in ranked}

"""Recoveries: how many of those that ended mended what they were for, and how many wait."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import (
    About,
    Answers,
    Look,
    Measure,
    Metric,
    Sample,
    fewest_of,
    labels,
    named,
    wrong_fewest,
)
from core.alerts.units import Unit

# Fewer recoveries than this have no rate worth telling.
FEWEST: Final = 5

# As the key figures count: what was given to a person at once, nothing of ours could have mended;
# and of what has subsided nobody knows whether it was.
_ENDED: Final = text("""
    SELECT seconds, project_id, component, category, count(*) AS ended,
        count(*) FILTER (WHERE state = 'recovered') AS recovered,
        count(*) FILTER (WHERE state IN ('escalated', 'failed')) AS failed,
        count(*) FILTER (
            WHERE state <> 'subsided' AND NOT (state = 'escalated' AND acted = 0)
        ) AS tried
    FROM recoveries, unnest(CAST(:windows AS float8[])) AS seconds
    WHERE ended_at > to_timestamp(CAST(:now AS float8) - seconds) AND ended_at <= :until
        AND state NOT IN ('shadowed', 'reported')
    GROUP BY seconds, project_id, component, category""")


class Recoveries:
    kind = "recovery"
    about = "recoveries that ended in the time"
    metrics = named(
        Metric("rate", Unit.RATIO, "recovered among those that were tried", low=True),
        Metric("ended", Unit.COUNT, "recoveries that ended", 0),
        Metric("recovered", Unit.COUNT, "those that mended it", 0, low=True),
        Metric("failed", Unit.COUNT, "those that gave up or asked for a person", 0),
    )
    labels = ("project", "component", "category")
    by = ("project", "component")
    over = timedelta(hours=1)
    historic = True
    options: Mapping[str, str] = {"fewest": f"below so many the rate is unknown; {FEWEST} usually"}

    @staticmethod
    def wrong(measure: Measure) -> str | None:
        """What makes no sense in its options."""
        return wrong_fewest(measure)

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        values = {
            "windows": sorted({each.over.total_seconds() for each in measures}),
            "now": look.at.timestamp(),
            "until": look.at,
        }
        rows: dict[float, list[Any]] = defaultdict(list)
        for row in session.execute(_ENDED, values):
            rows[row.seconds].append(row)
        return {each: _samples(rows[each.over.total_seconds()], each, look) for each in measures}


def _samples(rows: Sequence[Any], measure: Measure, look: Look) -> list[Sample]:
    sums: dict[Any, list[int]] = {}
    abouts: dict[Any, About] = {}
    for row in rows:
        project = look.project(row.project_id)
        facts = {"project": project, "component": row.component, "category": row.category}
        told = labels(measure.by, facts)
        counts = (row.ended, row.recovered, row.failed, row.tried)
        sums[told] = [a + b for a, b in zip(sums.get(told, [0] * 4), counts, strict=True)]
        abouts[told] = About(row.project_id if "project" in measure.by else None)
    return [Sample(told, _value(found, measure), abouts[told]) for told, found in sums.items()]


def _value(found: Sequence[int], measure: Measure) -> float | None:
    ended, recovered, failed, tried = found
    if measure.metric == "rate":
        return recovered / tried if tried >= max(fewest_of(measure, FEWEST), 1) else None
    return {"ended": ended, "recovered": recovered, "failed": failed}[measure.metric]

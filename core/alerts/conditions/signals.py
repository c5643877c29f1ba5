"""Signals that other parts leave: a new issue, a regression, an open breaker, a broken pool."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import About, Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit

_SIGNALS: Final = text("""
    SELECT seconds, signals.project_id, issue_id, signals.kind AS signal, issues.component,
        issues.category, issues.level, issues.severity, issues.last_release,
        coalesce(detail ->> 'pool', detail ->> 'name', detail ->> 'breaker') AS subject,
        count(*) AS signals
    FROM signals JOIN unnest(CAST(:windows AS float8[])) AS seconds
        ON signals.at > to_timestamp(CAST(:now AS float8) - seconds)
        LEFT JOIN issues ON issues.id = issue_id
    WHERE signals.at > :since AND signals.at <= :until AND signals.kind = ANY(:kinds)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10""")


class Signals:
    kind = "signal"
    about = "what other parts of Mendline noticed; `with: {signal: …}` names which"
    metrics = named(Metric("count", Unit.COUNT, "signals of that kind", 0))
    labels = ("project", "issue", "component", "category", "level", "subject")
    by = ("project", "issue", "component", "subject")
    over = timedelta(minutes=15)
    historic = True
    options: Mapping[str, str] = {"signal": "kind of the signal: new_issue, regression, …"}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        values = {
            "windows": sorted({each.over.total_seconds() for each in measures}),
            "now": look.at.timestamp(),
            "since": look.at - max(each.over for each in measures),
            "until": look.at,
            "kinds": sorted({str(each.option("signal")) for each in measures}),
        }
        rows: dict[tuple[float, str], list[Any]] = defaultdict(list)
        for row in session.execute(_SIGNALS, values):
            rows[row.seconds, row.signal].append(row)
        return {
            each: _samples(rows[each.over.total_seconds(), each.option("signal")], each, look)
            for each in measures
        }


def _samples(rows: Sequence[Any], measure: Measure, look: Look) -> list[Sample]:
    counts: dict[Any, int] = defaultdict(int)
    abouts: dict[Any, About] = {}
    for row in rows:
        facts = {
            "project": look.project(row.project_id),
            "issue": None if row.issue_id is None else str(row.issue_id),
            "component": row.component,
            "category": row.category,
            "level": row.level,
            "subject": row.subject,
        }
        told = labels(measure.by, facts)
        counts[told] += row.signals
        issue_id = row.issue_id if "issue" in measure.by else None
        abouts[told] = About(row.project_id, issue_id, row.last_release)
    return [Sample(told, count, abouts[told]) for told, count in counts.items()]

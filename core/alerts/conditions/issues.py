"""Error events by the minute: of each issue, of what issues have in common, of all."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import About, Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit

MINUTE: Final = 60

# Of the first minute counts the share that still lies in the window.
_EVENTS: Final = text("""
    WITH windows AS (SELECT unnest(CAST(:windows AS float8[])) AS seconds),
    counted AS (
        SELECT seconds, issue_id, sum(events * least(1.0, greatest(0.0,
            (extract(epoch FROM minute) + 60 - (CAST(:now AS float8) - seconds)) / 60.0
        ))) AS events
        FROM issue_minutes JOIN windows
            ON minute > to_timestamp(CAST(:now AS float8) - seconds - 60)
        WHERE resolution = 60 AND minute > :since AND minute < :until
        GROUP BY seconds, issue_id
    )
    SELECT seconds, issues.id, issues.project_id, issues.component, issues.category,
        issues.family, issues.kind, issues.level, issues.severity, issues.last_release, events
    FROM counted JOIN issues ON issues.id = issue_id
    WHERE events > 0""")
_CRASHES: Final = frozenset({"crash"})


class Issues:
    kind = "issue"
    about = "error events, of each issue or of what issues have in common"
    metrics = named(
        Metric("events", Unit.COUNT, "events", 0),
        Metric("event_rate", Unit.PER_MINUTE, "events in a minute", 0),
        Metric("crashes", Unit.COUNT, "events of level fatal, or of a crashed process", 0),
    )
    labels = ("project", "issue", "component", "category", "family", "kind", "level")
    by = ("project", "issue", "component")
    over = timedelta(minutes=5)
    historic = True
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        rows = self._rows(session, {each.over for each in measures}, look)
        return {each: _samples(rows[each.over.total_seconds()], each, look) for each in measures}

    @staticmethod
    def _rows(
        session: Session, windows: Collection[timedelta], look: Look
    ) -> Mapping[float, list[Any]]:
        values = {
            "windows": sorted(each.total_seconds() for each in windows),
            "now": look.at.timestamp(),
            "since": look.at - max(windows) - timedelta(seconds=MINUTE),
            "until": look.at,
        }
        found: dict[float, list[Any]] = defaultdict(list)
        for row in session.execute(_EVENTS, values):
            found[row.seconds].append(row)
        return found


def _samples(rows: Sequence[Any], measure: Measure, look: Look) -> list[Sample]:
    counts: dict[tuple[tuple[str, str], ...], float] = defaultdict(float)
    abouts: dict[tuple[tuple[str, str], ...], About] = {}
    for row in rows:
        if measure.metric == "crashes" and not _crashed(row):
            continue
        told = labels(measure.by, _labels(row, look))
        counts[told] += float(row.events)
        issue_id = row.id if "issue" in measure.by else None
        project_id = row.project_id if {"project", "issue"} & set(measure.by) else None
        abouts.setdefault(told, About(project_id, issue_id, row.last_release))
    minutes = measure.over.total_seconds() / MINUTE if measure.metric == "event_rate" else 1
    return [Sample(told, count / minutes, abouts[told]) for told, count in counts.items()]


def _labels(row: Any, look: Look) -> dict[str, str | None]:
    return {
        "project": look.project(row.project_id),
        "issue": str(row.id),
        "component": row.component,
        "category": row.category,
        "family": row.family,
        "kind": row.kind,
        "level": row.level,
    }


def _crashed(row: Any) -> bool:
    return row.level == "fatal" or row.kind in _CRASHES

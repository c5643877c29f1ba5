"""Dead letters: how many came in a time, and how many are open."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import About, Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit

_NEW: Final = text("""
    SELECT seconds, project_id, task, reason, count(*) AS letters
    FROM dead_letters JOIN unnest(CAST(:windows AS float8[])) AS seconds
        ON created_at > to_timestamp(CAST(:now AS float8) - seconds)
    WHERE created_at > :since AND created_at <= :until
    GROUP BY seconds, project_id, task, reason""")
_OPEN: Final = text("""
    SELECT project_id, task, reason, count(*) AS letters
    FROM dead_letters WHERE state = 'open' GROUP BY project_id, task, reason""")


class DeadLetters:
    kind = "deadletter"
    about = "dead letters, of each task"
    metrics = named(
        Metric("new", Unit.COUNT, "letters that came in the time", 0),
        Metric("open", Unit.COUNT, "letters that nobody has dealt with", 0),
    )
    labels = ("project", "task", "reason")
    by = ("project", "task")
    over = timedelta(hours=1)
    historic = False
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        new = [each for each in measures if each.metric == "new"]
        waiting = [each for each in measures if each.metric == "open"]
        found: dict[Measure, Sequence[Sample]] = {}
        if new:
            rows = _new(session, new, look)
            found |= {each: _samples(rows[each.over.total_seconds()], each, look) for each in new}
        if waiting:
            every = session.execute(_OPEN).all()
            found |= {each: _samples(every, each, look) for each in waiting}
        return found


def _new(session: Session, measures: Sequence[Measure], look: Look) -> Mapping[float, list[Any]]:
    values = {
        "windows": sorted({each.over.total_seconds() for each in measures}),
        "now": look.at.timestamp(),
        "since": look.at - max(each.over for each in measures),
        "until": look.at,
    }
    rows: dict[float, list[Any]] = defaultdict(list)
    for row in session.execute(_NEW, values):
        rows[row.seconds].append(row)
    return rows


def _samples(rows: Sequence[Any], measure: Measure, look: Look) -> list[Sample]:
    counts: dict[Any, int] = defaultdict(int)
    abouts: dict[Any, About] = {}
    for row in rows:
        project = look.project(row.project_id)
        told = labels(measure.by, {"project": project, "task": row.task, "reason": row.reason})
        counts[told] += row.letters
        abouts[told] = About(row.project_id if "project" in measure.by else None)
    return [Sample(told, count, abouts[told]) for told, count in counts.items()]

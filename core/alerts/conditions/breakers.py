"""Circuit breakers: for how long each has been open."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import About, Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit

# The opening that began it: a probe in between does not begin it anew.
_OPEN: Final = text("""
    SELECT name, project_id, state, since, (
        SELECT min(opened.at) FROM breaker_transitions AS opened
        WHERE opened.name = breakers.name AND opened.new IN ('open', 'forced_open')
            AND opened.at > coalesce((
                SELECT max(closed.at) FROM breaker_transitions AS closed
                WHERE closed.name = breakers.name AND closed.new IN ('closed', 'forced_closed')
            ), '-infinity')
    ) AS opened_at
    FROM breakers WHERE state IN ('open', 'half_open', 'forced_open')""")


class Breakers:
    kind = "breaker"
    about = "circuit breakers that are open or half open"
    metrics = named(
        Metric("open", Unit.COUNT, "1 while it is open", 0),
        Metric("open_for", Unit.SECONDS, "since when it has not been closed", 0),
    )
    labels = ("project", "breaker")
    by = ("project", "breaker")
    over = timedelta(0)
    historic = False
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        rows = session.execute(_OPEN).all()
        return {each: [_sample(row, each, look) for row in rows] for each in measures}


def _sample(row: Any, measure: Measure, look: Look) -> Sample:
    facts = {"project": look.project(row.project_id), "breaker": row.name}
    seconds = max((look.at - (row.opened_at or row.since)).total_seconds(), 0)
    value = 1 if measure.metric == "open" else seconds
    return Sample(labels(measure.by, facts), value, About(row.project_id))

"""Queues: how much waits in PostgreSQL for each, and for how long the oldest has waited."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from core.alerts.condition import Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit
from core.store import backlog


class Queues:
    kind = "queue"
    about = "work that is due and waits, by queue; what waits for analysis is the inbox"
    metrics = named(
        Metric("depth", Unit.COUNT, "rows that wait", 0),
        Metric("age", Unit.SECONDS, "how long the oldest has waited", 0),
    )
    labels = ("queue",)
    by = ("queue",)
    over = timedelta(0)
    historic = False
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        waiting = backlog.by_queue(session, look.at)
        ages = {
            queue: max((look.at - found.since).total_seconds(), 0) if found.since else 0.0
            for queue, found in waiting.items()
        }
        depths = {queue: float(found.rows) for queue, found in waiting.items()}
        shown = {"age": ages, "depth": depths}
        return {
            each: [
                Sample(labels(each.by, {"queue": queue}), value)
                for queue, value in sorted(shown[each.metric].items())
            ]
            for each in measures
        }

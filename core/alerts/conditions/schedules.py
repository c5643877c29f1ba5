"""Scheduled jobs: how late each is."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.alerts.condition import Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit
from core.model import Schedule


class Schedules:
    kind = "schedule"
    about = "scheduled jobs that are not paused"
    metrics = named(Metric("lateness", Unit.SECONDS, "since it should have been started", 0))
    labels = ("job",)
    by = ("job",)
    over = timedelta(0)
    historic = False
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        statement = select(Schedule.job, Schedule.next_slot).where(~Schedule.paused)
        late = {
            job: max((look.at - slot).total_seconds(), 0)
            for job, slot in session.execute(statement.order_by(Schedule.job))
        }
        return {
            each: [Sample(labels(each.by, {"job": job}), value) for job, value in late.items()]
            for each in measures
        }

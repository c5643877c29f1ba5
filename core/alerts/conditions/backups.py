"""Backups: how old the newest is, and the newest that a restore has proven."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.alerts.condition import Answers, Look, Measure, Metric, Sample, named
from core.alerts.units import Unit
from core.model import AlertRule, BackupRun

GONE: Final = frozenset({"failed", "removed"})


class Backups:
    kind = "backup"
    about = "backups of Mendline's own database"
    metrics = named(
        Metric("age", Unit.SECONDS, "since the newest was taken; without any, since the start"),
        Metric("proven_age", Unit.SECONDS, "since the newest was taken that a restore has proven"),
    )
    labels: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    over = timedelta(0)
    historic = False
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        newest = func.max(BackupRun.taken_at)
        statement = select(newest, newest.filter(BackupRun.proven_at.is_not(None)))
        told: Any = session.execute(statement.where(BackupRun.state.not_in(GONE))).one()
        begun = session.scalar(select(func.min(AlertRule.created_at))) or look.at
        found = {"age": told[0] or begun, "proven_age": told[1] or begun}
        return {
            each: [Sample((), max((look.at - found[each.metric]).total_seconds(), 0))]
            for each in measures
        }

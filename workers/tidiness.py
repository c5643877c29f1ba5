"""Whether the house is kept: the age of each job's last success, and what the checks found."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.telemetry import FINDINGS, JOB_AGE
from core.maintenance.care.finding import Severity
from core.model import MaintenanceFinding
from core.store import housekeeping


def collect(session: Session, now: datetime) -> None:
    for job, at in housekeeping.last_success(session).items():
        if at is not None:
            JOB_AGE.labels(job).set(max((now - at).total_seconds(), 0.0))
    statement = select(MaintenanceFinding.level, func.count()).group_by(MaintenanceFinding.level)
    counts = dict(session.execute(statement).all())
    for level in Severity:
        FINDINGS.labels(str(level)).set(counts.get(level, 0))

"""Keeps what was found as rows, and tells of each thing when it comes and when it worsens."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from core.maintenance.care.finding import Finding, Severity
from core.model import MaintenanceFinding
from core.store import signals
from core.store.signals import NewSignal, SignalKind

_WORSE: Final = {severity: place for place, severity in enumerate(Severity)}


def tell(
    session: Session,
    found: Iterable[Finding],
    *,
    checks: Iterable[str],
    own_project: int,
    now: datetime,
) -> list[Finding]:
    """What is new or worse. Of `checks`, what is not found any more goes."""
    names = sorted(checks)
    known = {
        (row.check, row.subject): row
        for row in session.scalars(
            select(MaintenanceFinding).where(MaintenanceFinding.check.in_(names))
        )
    }
    current = {(each.check, each.subject): each for each in found}
    gone = sorted(known.keys() - current.keys())
    if gone:
        place = tuple_(MaintenanceFinding.check, MaintenanceFinding.subject)
        session.execute(delete(MaintenanceFinding).where(place.in_(gone)))
    news = []
    for key, each in current.items():
        row = known.get(key)
        if row is None or _WORSE[each.severity] > _WORSE[Severity(row.level)]:
            news.append(each)
        _keep(session, row, each, now)
    told = [each for each in news if each.severity is not Severity.NOTE]
    kind = SignalKind.MAINTENANCE_FOUND
    signals.add(session, [NewSignal(own_project, None, kind, now, _detail(each)) for each in told])
    return news


def every(session: Session) -> list[MaintenanceFinding]:
    """The worst first, then the oldest."""
    rows = session.scalars(select(MaintenanceFinding)).all()
    return sorted(rows, key=lambda row: (-_WORSE[Severity(row.level)], row.since))


def _keep(session: Session, row: MaintenanceFinding | None, found: Finding, now: datetime) -> None:
    if row is None:
        row = MaintenanceFinding(check=found.check, subject=found.subject, since=now)
        session.add(row)
    row.level, row.summary, row.advice = found.severity, found.summary, found.advice
    row.value, row.mark, row.seen_at = found.value, found.mark, now


def _detail(found: Finding) -> dict[str, object]:
    return {
        "check": found.check,
        "subject": found.subject,
        "severity": found.severity,
        "summary": found.summary,
        "advice": found.advice,
    }

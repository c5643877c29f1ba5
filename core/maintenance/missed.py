"""Finds jobs that were missed twice, and tells of each once.

What was missed while the platform was down catches up when it is back; it counts from then on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model.issues import Signal
from core.model.schedules import Schedule
from core.schedules import every
from core.schedules.slots import rhythm
from core.store import housekeeping, signals
from core.store.signals import NewSignal, SignalKind

JOB: Final = "watch"
# The watch itself runs so often; longer silence means that nothing ran.
INTERVAL: Final = timedelta(minutes=10)
SILENCE: Final = 3 * INTERVAL
GRACE: Final = timedelta(minutes=10)
LONGEST_GRACE: Final = timedelta(hours=8)  # more than the patience that heavy jobs have
AGAIN: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Missed:
    job: str
    since: datetime
    period: float  # seconds

    @property
    def detail(self) -> dict[str, object]:
        days = timedelta(seconds=self.period)
        summary = (
            f"The job {self.job} has not succeeded since {self.since:%Y-%m-%d %H:%M} UTC, although "
            f"it should every {days}. Look at `mendline maintenance list --job {self.job}` and at "
            "the dead letters of its task."
        )
        return {"job": self.job, "since": self.since.isoformat(), "summary": summary}


def missed(
    schedules: Iterable[Schedule],
    successes: dict[str, datetime | None],
    *,
    up_since: datetime,
    now: datetime,
) -> list[Missed]:
    """Two slots in a row have passed, and the time that the second one may take, too."""
    found = []
    for row in schedules:
        if row.paused:
            continue
        first = rhythm(row.cron, row.interval, row.timezone).next(now)
        period = rhythm(row.cron, row.interval, row.timezone).next(first) - first
        since = max(successes.get(row.job) or row.updated_at, row.updated_at, up_since)
        grace = GRACE + min(period / 2, LONGEST_GRACE)
        if now - since > 2 * period + grace:
            found.append(Missed(row.job, since, period.total_seconds()))
    return found


def watch(session: Session, now: datetime, *, own_project: int) -> dict[str, object]:
    """Writes a signal for each job that was missed twice, unless it was told of already."""
    up_since = _up_since(session, now)
    successes = housekeeping.last_success(session)
    found = missed(every(session), successes, up_since=up_since, now=now)
    new = [each for each in found if not _told(session, each, now)]
    kind = SignalKind.MAINTENANCE_MISSED
    signals.add(session, [NewSignal(own_project, None, kind, now, each.detail) for each in new])
    return {
        "up_since": up_since.isoformat(),
        "missed": [each.job for each in found],
        "told": len(new),
    }


def _up_since(session: Session, now: datetime) -> datetime:
    """Since when the watch has run without a gap."""
    last = housekeeping.latest(session, JOB)
    if last is None or last.ended_at is None or now - last.ended_at > SILENCE:
        return now
    return datetime.fromisoformat(str((last.result or {}).get("up_since", now.isoformat())))


def _told(session: Session, found: Missed, now: datetime) -> bool:
    statement = select(Signal.id).where(
        Signal.kind == SignalKind.MAINTENANCE_MISSED,
        Signal.at > max(found.since, now - AGAIN),
        Signal.detail.contains({"job": found.job}),
    )
    return session.execute(statement.limit(1)).first() is not None

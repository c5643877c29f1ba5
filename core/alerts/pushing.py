"""Alerts that other programs push, as Prometheus does: they fire as long as they are pushed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.alerts.rule import digest
from core.alerts.state import ACTIVE, State
from core.analysis.result import Severity
from core.model import Alert
from core.store import alerts as store
from core.store.alerts import PUSH, AnyAlert, Write
from core.store.pushes import overdue

# Whoever pushes says it again before this is over; Alertmanager's `resolve_timeout` is the same.
USUAL_END: Final = timedelta(minutes=5)
EXPIRED: Final = "It was not pushed again before its end."
_SEVERITIES: Final = {
    "page": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "none": Severity.INFO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One alert as it was told. Without `ends_at` it ends `USUAL_END` after it was told last."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str | None = None


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who pushes; a key of one project pushes for that project only."""

    name: str
    project_id: int | None = None

    def known_as(self, pushed: Pushed) -> str:
        """All labels say who it is, `severity` as well: senders have rules of several levels.

        What keys of different projects push is not the same, though its labels are.
        """
        own = {} if self.project_id is None else {"project": str(self.project_id)}
        return digest({**labels(pushed), **own})


def push(session: Session, pushed: Sequence[Pushed], pusher: Pusher, *, now: datetime) -> int:
    """How many alerts began, went on or ended; of the same labels the last one counts.

    An alert that ended before it was known is nothing to tell.
    """
    wanted = {pusher.known_as(each): each for each in pushed}
    last = {alert.fingerprint: alert for alert in store.latest(session, list(wanted), PUSH)}
    found = (_write(each, last.get(key), pusher, now=now) for key, each in wanted.items())
    return len(store.write(session, filter(None, found)))


def expire(session: Session, now: datetime) -> int:
    """Ends those whose time is over; how many."""
    over = [_ended(alert, EXPIRED, "mendline", now=now) for alert in overdue(session, now)]
    return len(store.write(session, over))


def _write(pushed: Pushed, last: Alert | None, pusher: Pusher, *, now: datetime) -> Write | None:
    ends_at = pushed.ends_at or now + USUAL_END
    if last is not None and last.resolved_at is None and last.state in ACTIVE:
        if ends_at <= now:
            return _ended(last, "Whoever pushed it says that it is over.", pusher.name, now=now)
        return _gone_on(last, pushed, pusher, now=now)
    sent_away = last is not None and last.dismissed and last.resolved_at is None
    if ends_at <= now or sent_away:
        return None
    values = _told(pushed, now) | {
        "source": PUSH,
        "fingerprint": pusher.known_as(pushed),
        "episode": last.episode + 1 if last else 1,
        "project_id": pusher.project_id,
        "component": pushed.labels.get("component"),
        "release": pushed.labels.get("release"),
        "state": str(State.FIRING),
        "state_at": now,
        "started_at": min(pushed.starts_at or now, now),
        "fired_at": now,
        "reason": f"{pusher.name} pushed it.",
    }
    return Write(values=values, at=now, actor=pusher.name)


def _gone_on(alert: Alert, pushed: Pushed, pusher: Pusher, *, now: datetime) -> Write:
    """Noted, but nothing that is told."""
    values = store.columns(alert) | _told(pushed, now)
    return _change(alert, values, pusher.name, now=now, told=False)


def _ended(alert: Alert, reason: str, actor: str, *, now: datetime) -> Write:
    values = store.columns(alert) | {
        "state": str(State.RESOLVED),
        "state_at": now,
        "resolved_at": now,
        "reason": reason,
    }
    return _change(alert, values, actor, now=now, told=True)


def _change(
    alert: AnyAlert, values: dict[str, Any], actor: str, *, now: datetime, told: bool
) -> Write:
    return Write(
        values=values,
        at=now,
        actor=actor,
        id=alert.id,
        old=alert.state,
        seen=alert.state_at,
        told=told,
    )


def _told(pushed: Pushed, now: datetime) -> dict[str, Any]:
    found = labels(pushed)
    return {
        "labels": found,
        "annotations": dict(pushed.annotations),
        "severity": str(_severity(found.get("severity", ""))),
        "generator_url": pushed.generator_url,
        "ends_at": pushed.ends_at or now + USUAL_END,
    }


def labels(pushed: Pushed) -> dict[str, str]:
    """A label without a value is none."""
    return {name: value for name, value in pushed.labels.items() if value}


def _severity(told: str) -> Severity:
    """Our word for theirs; what says nothing is in the middle."""
    word = told.lower()
    return Severity(word) if word in set(Severity) else _SEVERITIES.get(word, Severity.MEDIUM)

"""What people say to alerts: by compare-and-set, with a line in the audit of who and from where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.alerts import waking
from core.alerts.state import LIVE, State
from core.errors import ConflictError
from core.model import Alert
from core.store import alerts as rows
from core.store.alerts import Write
from core.store.work import WorkOrder

LONGEST_NOTE: Final = 10_000


class AlertStateError(ConflictError):
    """The alert is not in a state in which that can be done."""

    code = "ML-ACT-0070"


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of a person. `only`: nothing but alerts of this project are there."""

    actor: Actor
    now: datetime
    add: Callable[[Session, WorkOrder], int]
    only: int | None = None

    def acknowledge(self, session: Session, alert_id: int, why: str | None = None) -> Alert:
        """Somebody looks after it: steps of escalation stop. Twice is once."""
        alert = self._found(session, alert_id)
        if alert.state == State.ACKNOWLEDGED:
            return alert
        self._must(alert, {State.FIRING})
        values = {"acknowledged_at": self.now, "acknowledged_by": self.actor.name}
        reason = why or f"acknowledged by {self.actor.name}"
        return self._move(session, alert, State.ACKNOWLEDGED, reason, values)

    def resolve(self, session: Session, alert_id: int, why: str | None = None) -> Alert:
        """Sent away: it comes back only once its condition was over and holds again."""
        alert = self._found(session, alert_id)
        self._must(alert, LIVE)
        values = {
            "resolved_at": self.now,
            "clear_since": None,
            "dismissed": alert.source == rows.RULE,
        }
        reason = why or f"resolved by {self.actor.name}"
        return self._move(session, alert, State.RESOLVED, reason, values)

    def assign(self, session: Session, alert_id: int, assignee: str | None) -> Alert:
        alert = self._found(session, alert_id)
        rows.assign(session, alert_id, assignee)
        session.refresh(alert)
        self._audit(session, alert, "alert.assigned", {"assignee": assignee})
        return alert

    def note(self, session: Session, alert_id: int, words: str) -> Alert:
        alert = self._found(session, alert_id)
        rows.note(session, alert_id, author=self.actor.name, words=words, now=self.now)
        self._audit(session, alert, "alert.noted", {})
        return alert

    def _found(self, session: Session, alert_id: int) -> Alert:
        return rows.get(session, alert_id, project_id=self.only)

    @staticmethod
    def _must(alert: Alert, states: Any) -> None:
        if alert.state not in states:
            raise AlertStateError(
                f"The alert {alert.id} is {alert.state}.", alert_id=alert.id, state=alert.state
            )

    def _move(
        self, session: Session, alert: Alert, new: State, reason: str, values: Mapping[str, Any]
    ) -> Alert:
        written = rows.columns(alert) | dict(values)
        written |= {"state": str(new), "state_at": self.now, "reason": reason}
        write = Write(
            values=written,
            at=self.now,
            actor=self.actor.name,
            id=alert.id,
            old=alert.state,
            seen=alert.state_at,
        )
        if not rows.write(session, [write]):
            raise AlertStateError(
                "The alert has changed meanwhile; look at it again.", alert_id=alert.id
            )
        session.refresh(alert)
        waking.wake(session, self.add, at=self.now)
        self._audit(session, alert, f"alert.{new}", {"why": reason})
        return alert

    def _audit(self, session: Session, alert: Alert, name: str, detail: Mapping[str, Any]) -> None:
        act = Act(
            name=name,
            subject="alert",
            subject_id=alert.id,
            project_id=alert.project_id,
            detail=dict(detail),
        )
        audit.record(session, self.actor, act, now=self.now)

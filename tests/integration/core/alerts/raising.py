"""Alerts that fire and end, as the evaluation writes them, and a platform that tells of them."""

import hashlib
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from core.alerts.flushing import Flusher
from core.alerts.route import Pace, Plan, Route
from core.model import Alert, AlertDecision, AlertTransition, Notification
from core.store import work

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PACE = Pace(wait=5 * SECOND, interval=5 * MINUTE, repeat=timedelta(hours=4))
OPS = Route(name="default", channels=("ops",), pace=PACE)


def change(session, alert, new, now):
    old = alert.state if alert.id else None
    alert.state, alert.state_at = new, now
    alert.resolved_at = now if new == "resolved" else None
    session.add(alert)
    session.flush()
    session.add(
        AlertTransition(
            alert_id=alert.id, old=old, new=new, reason="as told", actor="test",
            severity=alert.severity, at=now,
        )
    )  # fmt: skip
    session.flush()
    return alert


def fire(session, now, name="High error rate", **values):
    plain = {"severity": "high", "component": "checkout", "project_id": None, "issue_id": None}
    wanted = plain | values
    extra = wanted.pop("labels", {})
    labels = {"alertname": name, "severity": wanted["severity"], **extra}
    if wanted["component"]:
        labels["component"] = wanted["component"]
    fingerprint = hashlib.sha256(repr((name, sorted(labels.items()))).encode()).hexdigest()
    alert = Alert(
        fingerprint=fingerprint, labels=labels, annotations={}, state="inactive", reason="as told",
        started_at=now, state_at=now, fired_at=now, **wanted,
    )  # fmt: skip
    return change(session, alert, "firing", now)


class Desk:
    """Runs at a time that tests move on."""

    def __init__(self, session, now, **plan):
        self.session = session
        self.now = now
        self.plan = replace(Plan(root=OPS), **plan)

    def run(self, *, after=None):
        self.now += after or timedelta(0)
        flusher = Flusher(self.plan, self._add, public_url="http://mendline")
        return flusher.run(self.session, self.now)

    def _add(self, session, order):
        return work.add(session, order, self.now).work_id

    def told(self):
        """What was sent since the test began: channel, kind and number of alerts."""
        rows = self.session.scalars(select(Notification).order_by(Notification.id))
        return [(row.channel, row.kind, len(row.alert_ids)) for row in rows]

    def trace(self, alert):
        rows = self.session.scalars(
            select(AlertDecision)
            .where(AlertDecision.alert_id == alert.id)
            .order_by(AlertDecision.id)
        )
        return [row.step for row in rows]

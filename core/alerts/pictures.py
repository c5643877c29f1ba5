"""Alerts as rows, turned into what decisions see and what people are shown."""

from core.alerts.channel import AlertView
from core.alerts.picture import Pictured
from core.alerts.state import ACTIVE, State
from core.model import Alert
from core.store.alerts import PUSH


def pictured(alert: Alert) -> Pictured:
    labels = {name: str(value) for name, value in alert.labels.items()}
    level = {"severity": alert.severity}
    return Pictured(
        id=alert.id,
        # What was pushed keeps its own words: routes and silences of its senders are about these.
        labels=level | labels if alert.source == PUSH else labels | level,
        firing=alert.state in ACTIVE,
        acknowledged=alert.state == State.ACKNOWLEDGED,
        level=alert.severity,
        started_at=alert.started_at,
        project_id=alert.project_id,
        issue_id=alert.issue_id,
        component=alert.component,
        release=alert.release,
    )


def viewed(alert: Alert, *, public_url: str) -> AlertView:
    links = {"alert": f"{public_url}/api/v1/alerts/{alert.id}"} if public_url else {}
    if alert.generator_url:
        links["source"] = alert.generator_url
    return AlertView(
        id=alert.id,
        name=str(alert.labels.get("alertname", "")),
        state=alert.state,
        severity=alert.severity,
        started_at=alert.started_at,
        labels={name: str(value) for name, value in alert.labels.items()},
        annotations={name: str(value) for name, value in alert.annotations.items()},
        value=alert.value,
        resolved_at=alert.resolved_at,
        links=links,
        fingerprint=alert.fingerprint,
    )

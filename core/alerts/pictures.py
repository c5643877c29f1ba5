"""Alerts as rows, turned into what decisions see and what people are shown."""

from core.alerts.channel import AlertView
from core.alerts.picture import Pictured
from core.alerts.state import ACTIVE, State
from core.model import Alert


def pictured(alert: Alert) -> Pictured:
    labels = {name: str(value) for name, value in alert.labels.items()}
    return Pictured(
        id=alert.id,
        labels=labels | {"severity": alert.severity},
        firing=alert.state in ACTIVE,
        acknowledged=alert.state == State.ACKNOWLEDGED,
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

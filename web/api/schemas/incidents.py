"""Incidents, their alerts, and the way of an alert."""

from typing import Self

from core.alerts.why import Story
from core.model import Alert, Incident
from web.api.schemas.shape import Id, Moment, Shown


class IncidentShown(Shown):
    id: Id
    project_id: Id | None
    state: str
    title: str
    keys: list[str]
    alerts: int
    live: int
    started_at: Moment
    last_at: Moment
    closed_at: Moment | None

    @classmethod
    def of(cls, row: Incident, alerts: int, live: int) -> Self:
        return cls(
            id=str(row.id),
            project_id=None if row.project_id is None else str(row.project_id),
            state=row.state,
            title=row.title,
            keys=row.keys,
            alerts=alerts,
            live=live,
            started_at=row.started_at,
            last_at=row.last_at,
            closed_at=row.closed_at,
        )


class IncidentAlertShown(Shown):
    alert_id: Id
    name: str
    state: str
    severity: str
    labels: dict[str, str]
    reason: str
    joined_at: Moment

    @classmethod
    def of(cls, alert: Alert, reason: str, joined_at: Moment) -> Self:
        labels = {name: str(value) for name, value in alert.labels.items()}
        return cls(
            alert_id=str(alert.id),
            name=labels.get("alertname", ""),
            state=alert.state,
            severity=alert.severity,
            labels=labels,
            reason=reason,
            joined_at=joined_at,
        )


class StepShown(Shown):
    at: Moment
    step: str
    outcome: str
    reason: str
    channel: str | None
    group_id: Id | None
    notification_id: Id | None


class StoryShown(Shown):
    alert_id: Id
    name: str
    state: str
    answer: str
    told: list[str]
    next_look_at: Moment | None
    steps: list[StepShown]

    @classmethod
    def of(cls, story: Story) -> Self:
        return cls.model_validate(story)

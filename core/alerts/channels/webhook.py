"""Alertmanager's webhook: its body, version 4, signed as the Standard Webhooks have it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from core.alerts.channel import AlertView, Notice, Receipt
from core.alerts.posting import Poster, excerpt
from core.outbound.signing import signed

# What Alertmanager writes for an alert that has not ended.
NEVER: Final = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Without `secrets` the id is sent, but nothing is signed."""

    name: str
    poster: Poster
    url: str
    secrets: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "webhook"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:
        content = json.dumps(body(notice, self.name), ensure_ascii=False, sort_keys=True).encode()
        headers = {**self.headers, "webhook-id": notice.webhook_id}
        if self.secrets:
            now = self.poster.clock.now()
            headers |= signed(notice.webhook_id, content, at=now, secrets=self.secrets)
        answer = self.poster.post(self.url, content, headers=headers, timeout=timeout)
        return Receipt(answer.status, None, excerpt(answer.body), answer.seconds)


def body(notice: Notice, receiver: str) -> dict[str, Any]:
    """As the receivers of Alertmanager expect it; `title`, `message` and `kind` are added."""
    return {
        "version": "4",
        "groupKey": notice.dedup_key,
        "truncatedAlerts": notice.truncated,
        "status": "resolved" if notice.ends else "firing",
        "receiver": receiver,
        "groupLabels": dict(notice.group_labels),
        "commonLabels": _common(each.labels for each in notice.alerts),
        "commonAnnotations": _common(each.annotations for each in notice.alerts),
        "externalURL": notice.url,
        "alerts": [_alert(each) for each in notice.alerts],
        "kind": notice.kind.value,
        "title": notice.title,
        "message": notice.summary,
    }


def _alert(alert: AlertView) -> dict[str, Any]:
    return {
        "status": "resolved" if alert.resolved else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": _moment(alert.started_at),
        "endsAt": _moment(alert.resolved_at) if alert.resolved_at else NEVER,
        "generatorURL": next(iter(alert.links.values()), ""),
        "fingerprint": alert.fingerprint,
        "value": alert.value,
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _common(of: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all have alike."""
    every = list(of)
    first = every[0] if every else {}
    return {
        name: value
        for name, value in first.items()
        if all(each.get(name) == value for each in every)
    }

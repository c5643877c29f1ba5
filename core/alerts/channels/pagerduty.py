"""PagerDuty's Events API, version 2: an episode is one incident there.

A group's dedup key stays the same from the trigger to the resolve. What is told of it on the way
is a trigger with the same key, which PagerDuty takes as news of the open incident.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from core.alerts.channel import AlertView, Notice, NoticeKind, Receipt
from core.alerts.fitting import fitting
from core.alerts.posting import Poster, excerpt

URL: Final = "https://events.pagerduty.com/v2/enqueue"
SUMMARY: Final = 1_024
SOURCE: Final = "mendline"
MOST_ALERTS: Final = 20
# Of labels, annotations and links: an event of more than 512 KB is refused, and a sign may take
# six bytes of it.
MOST_WORDS: Final = 60_000
ACTIONS: Final = {NoticeKind.ACKNOWLEDGE: "acknowledge", NoticeKind.RESOLVE: "resolve"}
# PagerDuty has these four.
SEVERITIES: Final = {
    "critical": "critical",
    "high": "error",
    "error": "error",
    "warning": "warning",
    "medium": "warning",
}
LEAST: Final = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    name: str
    poster: Poster
    integration_key: str
    url: str = URL
    kind: str = "pagerduty"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:
        event = event_of(notice) | {"routing_key": self.integration_key}
        content = json.dumps(event, ensure_ascii=False).encode()
        headers = {"webhook-id": notice.webhook_id}
        answer = self.poster.post(self.url, content, headers=headers, timeout=timeout)
        return Receipt(
            answer.status, notice.dedup_key, excerpt(answer.body), answer.seconds, notice.dedup_key
        )


def event_of(notice: Notice) -> dict[str, Any]:
    action = ACTIONS.get(notice.kind, "trigger")
    event: dict[str, Any] = {"event_action": action, "dedup_key": notice.dedup_key}
    if action != "trigger":
        return event
    return event | {
        "client": "Mendline",
        "client_url": notice.url,
        "links": _links(notice),
        "payload": _payload(notice),
    }


def _payload(notice: Notice) -> dict[str, Any]:
    first = notice.alerts[0].labels if notice.alerts else {}
    shown = fitting(notice.alerts, most=MOST_ALERTS, size=MOST_WORDS)
    payload = {
        "summary": notice.title[:SUMMARY] or "Mendline",
        "source": first.get("component") or first.get("project") or SOURCE,
        "severity": SEVERITIES.get(notice.severity, LEAST),
        "component": first.get("component"),
        "group": first.get("project"),
        "class": first.get("alertname"),
        "custom_details": {
            "message": notice.summary,
            "labels": dict(notice.group_labels),
            "alerts": [_alert(each) for each in shown],
            "alerts_not_shown": len(notice.alerts) - len(shown) + notice.truncated,
        },
    }
    if notice.alerts:
        payload["timestamp"] = min(each.started_at for each in notice.alerts).isoformat()
    return {name: value for name, value in payload.items() if value is not None}


def _alert(alert: AlertView) -> dict[str, Any]:
    return {
        "name": alert.name,
        "state": alert.state,
        "severity": alert.severity,
        "value": alert.value,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
    }


def _links(notice: Notice) -> list[dict[str, str]]:
    shown = fitting(notice.alerts, most=len(notice.alerts), size=MOST_WORDS)
    found = (link for each in shown for link in each.links.items())
    return [{"text": text, "href": href} for text, href in dict.fromkeys(found)][:MOST_ALERTS]

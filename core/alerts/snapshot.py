"""A notice as a row keeps it, so that it can be told when its rule and its group are gone."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from core.alerts.channel import AlertView, Notice, NoticeKind

# Alerts of one notice that are told one by one; the number of the rest is told with them.
MOST_ALERTS: Final = 100
_MOMENTS: Final = ("started_at", "resolved_at")


def written(notice: Notice) -> dict[str, Any]:
    found = asdict(notice)
    found["alerts"] = [_written(each) for each in found["alerts"][:MOST_ALERTS]]
    found["truncated"] = max(0, len(notice.alerts) - MOST_ALERTS)
    return found


def read(found: Mapping[str, Any], *, thread: str | None = None) -> Notice:
    """`thread` is known only when the notice is sent."""
    alerts = tuple(_read(each) for each in found["alerts"])
    values = {**found, "kind": NoticeKind(found["kind"]), "alerts": alerts, "thread": thread}
    return Notice(**values)


def _written(alert: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: alert[name].isoformat() for name in _MOMENTS if alert[name] is not None}
    return {**alert, **moments}


def _read(alert: Mapping[str, Any]) -> AlertView:
    moments = {name: datetime.fromisoformat(alert[name]) for name in _MOMENTS if alert[name]}
    return AlertView(**{**alert, **moments})

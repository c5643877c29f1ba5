"""Alerts as decisions see them, for tests."""

from datetime import UTC, datetime, timedelta

from core.alerts.flush import Group, Member, Picture
from core.alerts.inhibition import Inhibitions
from core.alerts.picture import Pictured
from core.alerts.route import Pace, Route
from core.alerts.silence import Scope, Silence, Silences

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PACE = Pace(5 * timedelta(seconds=1), 5 * MINUTE, 4 * HOUR)
ROUTE = Route(name="default", channels=("ops",), pace=PACE)


def alert(number=1, **values):
    labels = {"alertname": "slow", "severity": "high", **values.pop("labels", {})}
    plain = {"id": number, "labels": labels, "firing": True, "started_at": NOW}
    return Pictured(**{**plain, **values})


def silence(number=1, **values):
    plain = {
        "id": number,
        "scope": Scope.RULE,
        "subject": "slow",
        "author": "ann",
        "reason": "known",
        "created_at": NOW,
        "starts_at": NOW,
    }
    return Silence(**{**plain, **values})


def group(*alerts, route=ROUTE, told=None, last=None, **values):
    """`told` is what all members are known by."""
    members = tuple(
        each if isinstance(each, Member) else Member(each, told or {}) for each in alerts
    )
    return Group(
        id=1, key="default/{}", route=route, channels=values.pop("channels", route.channels),
        members=members, last=last or {}, **values,
    )  # fmt: skip


def picture(*silences, now=NOW, inhibitions=None, **values):
    return Picture(
        now=now,
        inhibitions=inhibitions or Inhibitions((), ()),
        silences=Silences.holding(silences, now),
        **values,
    )

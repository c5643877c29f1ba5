"""Which alerts are told together: those of one route with the same values of its labels."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.alerts.picture import Pictured
from core.alerts.route import ALL_LABELS, INCIDENT, Route


@dataclass(frozen=True, slots=True)
class GroupKey:
    """`text` finds the group among those of all routes, and tells people what it is."""

    text: str
    labels: Mapping[str, str]


def key_of(route: Route, alert: Pictured, *, incident_id: int) -> GroupKey:
    """A label that the alert does not have is part of no key."""
    known = {**alert.labels, INCIDENT: str(incident_id)}
    names = sorted(alert.labels) if ALL_LABELS in route.group_by else route.group_by
    labels = {name: known[name] for name in names if known.get(name)}
    written = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return GroupKey(f"{route.name}/{{{written}}}", labels)

"""A scenario of routing as a value: what both are configured with, and what happens to them.

All times are in units, as the real Alertmanager has no clock that can be moved on: a unit is a part
of a second there, and some seconds on the clock that is played for ours.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# For the hours of a route: those that it is now, and some that it is not.
NOW, ANOTHER_DAY = "now", "another day"


@dataclass(frozen=True, kw_only=True)
class Fire:
    """An alert is pushed. It began `ago` units before and ends by itself after so many units."""

    at: float
    alert: Mapping[str, str]
    ago: float = 0.0
    ends_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class End:
    """Whoever pushed it says that it is over."""

    at: float
    alert: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Silence:
    """`matchers` as in `severity="warning"`; by `name` it can be ended."""

    at: float
    name: str
    matchers: tuple[str, ...]
    lasts: float = 1_000.0


@dataclass(frozen=True, kw_only=True)
class Unsilence:
    at: float
    name: str


Step = Fire | End | Silence | Unsilence


@dataclass(frozen=True, order=True)
class Told:
    """One notification: to whom, of which group, and the alerts in it with their state."""

    receiver: str
    group: tuple[tuple[str, str], ...]
    alerts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    def __str__(self):
        said = "; ".join(f"{state} {_labels(labels)}" for state, labels in self.alerts)
        return f"{self.receiver} {{{_labels(self.group)}}}: {said}"


def told(receiver, group, **alerts):
    """As in `told("ops", {"cluster": "a"}, firing=[…], resolved=[…])`."""
    every = ((state, _sorted(labels)) for state, found in alerts.items() for labels in found)
    return Told(receiver, _sorted(group), tuple(sorted(every)))


def _sorted(labels):
    return tuple(sorted(labels.items()))


def _labels(pairs):
    return ", ".join(f"{name}={value}" for name, value in pairs)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`route` and `inhibit` are in Alertmanager's words, with spans of time in units.

    Where both tell something else on purpose, `differs` says why, and what only one of them tells
    is named; else they must tell the same.
    """

    name: str
    route: Mapping[str, Any]
    steps: tuple[Step, ...]
    lasts: float
    inhibit: tuple[Mapping[str, Any], ...] = ()
    deaf_to_ends: frozenset[str] = frozenset()
    differs: str = ""
    only_theirs: tuple[Told, ...] = field(default=())
    only_ours: tuple[Told, ...] = field(default=())

    @property
    def receivers(self):
        return tuple(dict.fromkeys(_receivers(self.route)))


def _receivers(route):
    if "receiver" in route:
        yield route["receiver"]
    for each in route.get("routes", ()):
        yield from _receivers(each)


def differences(scenario, theirs, ours):
    """In words; the order counts within each group of a receiver, not among groups."""
    only_theirs = _without(theirs, ours)
    only_ours = _without(ours, theirs)
    found = [f"only Alertmanager: {each}" for each in _without(only_theirs, scenario.only_theirs)]
    found += [f"only Mendline: {each}" for each in _without(only_ours, scenario.only_ours)]
    for pinned, really in ((scenario.only_theirs, only_theirs), (scenario.only_ours, only_ours)):
        found += [f"no difference any more: {each}" for each in _without(pinned, really)]
    if not found and not scenario.differs and _ordered(theirs) != _ordered(ours):
        found.append("the order within a group is another one")
    return found


def _without(some, others):
    return sorted((Counter(some) - Counter(others)).elements())


def _ordered(notifications):
    found = {}
    for each in notifications:
        found.setdefault((each.receiver, each.group), []).append(each.alerts)
    return found

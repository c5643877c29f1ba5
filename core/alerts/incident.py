"""Incidents: alerts that have one cause as far as can be seen, from what they have in common.

1. Each alert has keys: the cascade of its issue, a deploy shortly before, a trace, a fresh release,
   its component; the strongest first. One that has none of them has its rule.
2. It joins the open incident that has one of its keys and was active a short time ago; else it
   begins one. Its keys become the incident's, as long as there are not too many.
3. Where very many begin at once and have nothing in common, that is what they have in common.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.alerts.picture import Pictured

JOIN: Final = timedelta(minutes=15)
# As many alerts of a project that begin within a minute are one storm, whatever they are about.
STORM: Final = 50
STORM_SPAN: Final = timedelta(minutes=1)
# What an incident is known by stays bounded, so that it does not grow into everything.
MOST_KEYS: Final = 200


class Bond(StrEnum):
    """What alerts can have in common, the strongest first."""

    CASCADE = "cascade"
    DEPLOY = "deploy"
    TRACE = "trace"
    RELEASE = "release"
    COMPONENT = "component"
    RULE = "rule"
    STORM = "storm"


REASONS: Final[Mapping[Bond, str]] = {
    Bond.CASCADE: "its issue bursts together with others (cascade {})",
    Bond.DEPLOY: "it began after the same deploy ({})",
    Bond.TRACE: "it shares a trace",
    Bond.RELEASE: "it is of the same fresh release ({})",
    Bond.COMPONENT: "it is of the same component ({})",
    Bond.RULE: "it is of the same rule ({})",
    Bond.STORM: "very many alerts began at once",
}


@dataclass(frozen=True, slots=True)
class Key:
    """`value` names the project first: nothing is shared between projects."""

    bond: Bond
    value: str

    def __str__(self) -> str:
        return f"{self.bond}:{self.value}"

    @classmethod
    def read(cls, text: str) -> "Key":
        bond, _, value = text.partition(":")
        return cls(Bond(bond), value)

    @property
    def told(self) -> str:
        return REASONS[self.bond].format(self.value.partition("/")[2])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around alerts: cascades and traces by issue; deploys and fresh releases of the
    last while by project, by the component that they are of, if they are of one.
    """

    cascades: Mapping[int, int]
    traces: Mapping[int, Sequence[int]]
    deploys: Mapping[tuple[int, str], str]
    releases: frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Open:
    """An incident that alerts may join."""

    id: int
    keys: frozenset[str]
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """An alert and its incident: one that is open, or the new one of this number."""

    alert: Pictured
    incident_id: int | None
    new: int | None
    reason: str
    keys: tuple[Key, ...]


def keys_of(alert: Pictured, around: Surroundings) -> list[Key]:
    """The strongest first."""
    project, issue = alert.project_id or 0, alert.issue_id
    component, release = alert.component or "", alert.release or ""
    environment = alert.labels.get("environment", "")
    found: list[tuple[Bond, object]] = []
    if issue is not None and issue in around.cascades:
        found.append((Bond.CASCADE, around.cascades[issue]))
    deploy = around.deploys.get((project, component)) or around.deploys.get((project, ""))
    if deploy:
        found.append((Bond.DEPLOY, deploy))
    found += [(Bond.TRACE, trace) for trace in around.traces.get(issue or 0, ())]
    if (project, release) in around.releases:
        found.append((Bond.RELEASE, release))
    if component:
        found.append((Bond.COMPONENT, f"{component} {environment}".strip()))
    if alert.name and not found:
        found.append((Bond.RULE, alert.name))
    return [Key(bond, f"{project}/{value}") for bond, value in found]


def joined(
    alerts: Sequence[Pictured],
    open_: Iterable[Open],
    *,
    around: Surroundings,
    recent: Mapping[int, int],
) -> list[Joined]:
    """`recent`: how many alerts of a project began within the last minute before these."""
    board = _Board(open_)
    many = Counter(alert.project_id or 0 for alert in alerts)
    result = []
    for alert in sorted(alerts, key=lambda each: (each.started_at, each.id)):
        project = alert.project_id or 0
        keys = keys_of(alert, around)
        if many[project] + recent.get(project, 0) >= STORM:
            keys.append(Key(Bond.STORM, f"{project}/"))
        result.append(board.place(alert, keys))
    return result


class _Board:
    """Open incidents by their keys, with those that begin while alerts are placed."""

    def __init__(self, open_: Iterable[Open]) -> None:
        self._by_key: dict[str, tuple[int | None, int | None]] = {}
        self._sizes: Counter[tuple[int | None, int | None]] = Counter()
        self._begun = 0
        for each in sorted(open_, key=lambda one: one.last_at):
            for key in each.keys:
                self._by_key[key] = (each.id, None)
            self._sizes[each.id, None] = len(each.keys)

    def place(self, alert: Pictured, keys: Sequence[Key]) -> Joined:
        shared = next((key for key in keys if str(key) in self._by_key), None)
        if shared is not None:
            where = self._by_key[str(shared)]
            reason = f"It joined, because {shared.told}."
        else:
            where = (None, self._begun)
            self._begun += 1
            reason = "It began a new incident: nothing open has anything in common with it."
        for key in keys:
            if str(key) not in self._by_key and self._sizes[where] < MOST_KEYS:
                self._by_key[str(key)] = where
                self._sizes[where] += 1
        return Joined(alert, *where, reason, tuple(keys))

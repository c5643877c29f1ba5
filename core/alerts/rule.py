"""A rule in its normal form: what is measured, when that is bad, and how long things take."""

import hashlib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

import orjson

from core.alerts.condition import Labels, Measure, Metric
from core.alerts.state import Seen, Terms
from core.alerts.units import shown

ALERT_NAME: Final = "alertname"
SEVERITY: Final = "severity"
_IN_BRACES: Final = re.compile(r"\{([^{}]*)\}")
RESERVED: Final = frozenset({ALERT_NAME, SEVERITY})


class Side(StrEnum):
    """On which side of its threshold a value is bad."""

    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"

    @property
    def upwards(self) -> bool:
        return self in {Side.ABOVE, Side.AT_LEAST}

    def beyond(self, value: float, threshold: float) -> bool:
        return _BEYOND[self](value, threshold)


_BEYOND: Final[Mapping[Side, Callable[[float, float], bool]]] = {
    Side.ABOVE: operator.gt,
    Side.AT_LEAST: operator.ge,
    Side.BELOW: operator.lt,
    Side.AT_MOST: operator.le,
}
_WORDS: Final = {
    Side.ABOVE: "above",
    Side.AT_LEAST: "at least",
    Side.BELOW: "below",
    Side.AT_MOST: "at most",
}


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label and what it must be: texts with `*` and `?`; with `!` what it must not be."""

    label: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()

    def matches(self, value: str) -> bool:
        if any(fnmatchcase(value, each) for each in self.unwanted):
            return False
        return not self.wanted or any(fnmatchcase(value, each) for each in self.wanted)

    @property
    def exact(self) -> str | None:
        """The one value that it takes, if there is but one."""
        plain = len(self.wanted) == 1 and not self.unwanted
        return self.wanted[0] if plain and not set("*?[") & set(self.wanted[0]) else None


@dataclass(frozen=True, slots=True)
class Step:
    """From this threshold on the alert is that severe."""

    severity: str
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`ladder` goes from the mildest to the worst; `clears` is where an alert is over again."""

    name: str
    measure: Measure
    metric: Metric
    side: Side
    ladder: tuple[Step, ...]
    id: int = 0
    version: int = 1
    project_id: int | None = None
    where: tuple[Matcher, ...] = ()
    clears: float | None = None
    terms: Terms = field(default_factory=Terms)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    runbook: str | None = None
    enabled: bool = True

    @property
    def first(self) -> Step:
        """The mildest: beyond it the rule holds at all."""
        return self.ladder[0]

    def matches(self, labels: Labels) -> bool:
        values = dict(labels)
        return all(matcher.matches(values.get(matcher.label, "")) for matcher in self.where)

    def steady(self, value: float, severity: str) -> bool:
        """Whether an alert of that severity stays as it is; as `judge`, without its words."""
        beyond = _BEYOND[self.side]
        for each in reversed(self.ladder):
            if beyond(value, each.threshold):
                return each.severity == severity
        return False

    def judge(self, value: float | None, *, active: bool) -> Seen:
        """`active`: the alert is on, so that it takes `clears` to end it."""
        if value is None:
            return Seen(None, self.ladder[-1].severity, f"nothing is known of {self.measure.name}")
        met = [step for step in self.ladder if self.side.beyond(value, step.threshold)]
        if met:
            return Seen(True, met[-1].severity, self._told(value, met[-1], self.side), value)
        if active and self.clears is not None and self.side.beyond(value, self.clears):
            kept = Step(self.first.severity, self.clears)
            return Seen(True, kept.severity, self._told(value, kept, self.side), value)
        return Seen(False, self.first.severity, f"{self._now(value)}: over", value)

    def _told(self, value: float, step: Step, side: Side) -> str:
        limit = shown(step.threshold, self.metric.unit)
        return f"{self._now(value)}, {_WORDS[side]} {limit}"

    def _now(self, value: float) -> str:
        return f"{self.measure.name} is {shown(value, self.metric.unit)}"

    def labelled(self, series: Labels, severity: str) -> dict[str, str]:
        """All labels of an alert."""
        own = {ALERT_NAME: self.name, **self.labels}
        return {**own, **dict(series), SEVERITY: severity}

    def series(self, labels: Mapping[str, str]) -> Labels:
        """What of an alert's labels tells which series it is."""
        return tuple((name, labels[name]) for name in sorted(self.measure.by) if name in labels)

    def annotated(self, labels: Mapping[str, str], seen: Seen) -> dict[str, str]:
        """`{value}`, `{why}` and labels in braces are filled in."""
        value = "" if seen.value is None else shown(seen.value, self.metric.unit)
        facts = {**labels, "value": value, "why": seen.why}
        told = {"summary": "{why}", **self.annotations}
        filled = {name: fill(text, facts) for name, text in told.items()}
        more = {"owner": self.owner, "runbook": self.runbook}
        return filled | {name: text for name, text in more.items() if text}


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Plain names in braces only: neither attributes nor calls can be reached. What is filled in
    comes from strangers and stays as it is, braces and all.
    """
    return _IN_BRACES.sub(lambda found: facts.get(found[1], found[0]), text)


def fingerprint(labels: Mapping[str, str]) -> str:
    """Who an alert is, whatever its severity."""
    return digest({name: value for name, value in labels.items() if name != SEVERITY})


def digest(labels: Mapping[str, str]) -> str:
    plain = orjson.dumps(dict(labels), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(plain, digest_size=8).hexdigest()

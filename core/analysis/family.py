"""Families of errors: which part of a system failed, and what to read out of such an event."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from core.analysis.event import ErrorEvent, Failure, mapping, tag, text
from core.analysis.evidence import named
from core.analysis.knowledge import Verdict
from core.errors import Category

_READ_LENGTH = 2_000
_VALUE_LENGTH = 120
_ASKED = 4


class Facts(NamedTuple):
    """What families look at.

    `modules`: where the exceptions live, with everything above it (`java.net`, `java`), in lower
    case. `low`: the message in lower case. `component`: what the client says failed.
    """

    event: ErrorEvent
    type: str
    modules: frozenset[str]
    message: str
    low: str
    component: str
    category: Category
    rule: str

    def from_library(self, roots: frozenset[str]) -> bool:
        return not self.modules.isdisjoint(roots)

    def says(self, words: Iterable[str]) -> bool:
        return any(word in self.low for word in words)


def facts_of(event: ErrorEvent, failures: tuple[Failure, ...], verdict: Verdict) -> Facts:
    surfaced = failures[-1] if failures else Failure()
    name, module, _ = named(surfaced.type, surfaced.module)
    homes = {module, *(failure.module for failure in failures[-_ASKED:])}
    message = surfaced.value or event.message
    return Facts(
        event=event,
        type=name,
        modules=frozenset(above for home in homes for above in _above(home)),
        message=message,
        low=message[:_READ_LENGTH].lower(),
        component=(tag(event.raw, "component") or text(event.raw.get("component"))).lower(),
        category=verdict.category,
        rule=verdict.rule,
    )


@lru_cache(maxsize=2_048)
def _above(module: str) -> tuple[str, ...]:
    parts = module.lower().split(".")[:8]
    return tuple(".".join(parts[: length + 1]) for length in range(len(parts)))


@dataclass(frozen=True, slots=True)
class Family:
    """`weight` says how sure the family is that the failure is one of its own: 0 (no) to 1.

    `context` reads its own details; it is asked only of the family that won.
    """

    name: str
    weight: Callable[[Facts], float]
    context: Callable[[Facts], Mapping[str, str]]


class Recognition(NamedTuple):
    family: str
    context: tuple[tuple[str, str], ...]


def found(patterns: Mapping[str, re.Pattern[str]], message: str) -> dict[str, str]:
    """The first match of each pattern, by the pattern's name."""
    details = {}
    for name, pattern in patterns.items():
        match = pattern.search(message[:_READ_LENGTH])
        value = next(filter(None, match.groups()), "") if match else ""
        if value:
            details[name] = value[:_VALUE_LENGTH]
    return details


def told(facts: Facts, names: Mapping[str, str]) -> dict[str, str]:
    """Details that the client put into extra data or tags, by the name that we give them."""
    extra = mapping(facts.event.raw.get("extra"))
    details = {}
    for given, name in names.items():
        value = text(extra.get(given)) or tag(facts.event.raw, given)
        if value:
            details[name] = value[:_VALUE_LENGTH]
    return details

"""What analysis knows of failures in general: tables that configuration loads, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.analysis.result import Severity
from core.errors import Category

_NONE: Mapping[str, "Verdict"] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one piece of evidence says: a rule of the tables, or what it concluded for one event."""

    category: Category
    transient: bool
    confidence: float
    rule: str


@dataclass(frozen=True, slots=True)
class TypeRule:
    """An exception type in a library. `modules`: the first words of where it lives."""

    modules: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """Phrases that tell. A phrase is a row of parts in this order; `unless` takes the rule back."""

    phrases: tuple[tuple[str, ...], ...]
    verdict: Verdict
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All tables. Compared by identity, so that what was concluded from it can be remembered.

    `codes`: by system (`sqlstate`, `http`, `grpc`, `errno`, `service`, …), then by code.
    `transients`: categories where trying again helps as a rule.
    `closed`: modules of libraries whose list of repeatable failures is complete.
    """

    severities: Mapping[Category, Severity]
    codes: Mapping[str, Mapping[str, Verdict]]
    types: Mapping[str, tuple[TypeRule, ...]]
    names: tuple[PhraseRule, ...]
    messages: tuple[PhraseRule, ...]
    closed: tuple[str, ...] = ()
    errno_names: Mapping[str, str] = field(default_factory=dict)
    transients: frozenset[Category] = frozenset()

    def code(self, system: str, code: str) -> Verdict | None:
        return self.codes.get(system, _NONE).get(code)

"""What analysis knows of failures in general: tables that configuration loads, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from core.analysis.phrases import Namebook, Phrasebook
from core.analysis.result import Severity
from core.analysis.verdict import Verdict
from core.errors import Category

__all__ = ["Knowledge", "TypeRule", "Verdict"]

_NONE: Mapping[str, Verdict] = MappingProxyType({})


class TypeRule(NamedTuple):
    """An exception type in a library. `modules`: the first words of where it lives."""

    modules: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All tables. Compared by identity, so that what was concluded from it can be remembered.

    `codes`: by system (`sqlstate`, `http`, `grpc`, `errno`, `service`, …), then by code; verdicts
    are shared, the rule is the system and the code.
    `types`: by name; verdicts are shared, the rule is the library's and the name.
    `closed`: modules of libraries whose list of repeatable failures is complete.
    `aliases`: by system, the names of its codes by their numbers.
    `transients`: the categories that pass by themselves as a rule.
    """

    severities: Mapping[Category, Severity]
    codes: Mapping[str, Mapping[str, Verdict]]
    types: Mapping[str, tuple[TypeRule, ...]]
    names: Namebook
    messages: Phrasebook
    closed: tuple[str, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    transients: frozenset[Category] = frozenset()

    def code(self, system: str, code: str) -> Verdict | None:
        return self.codes.get(system, _NONE).get(code)

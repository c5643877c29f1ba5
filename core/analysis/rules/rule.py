"""A rule as a frozen value, and how the rules of a project decide about one event."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from core.analysis.result import Severity
from core.analysis.rules.facts import Facts
from core.analysis.rules.glob import Globs, globs
from core.errors import Category


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where any of the wanted patterns fits a value of the field, and no unwanted one does.

    Without wanted patterns an event that lacks the field will do.
    """

    field: str
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    _good: Globs = dataclasses.field(init=False, repr=False, compare=False)
    _bad: Globs = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_good", globs(self.wanted))
        object.__setattr__(self, "_bad", globs(self.unwanted))

    def holds(self, facts: Facts) -> bool:
        values = facts.values(self.field)
        if self.unwanted and self._bad.fit(values):
            return False
        return not self.wanted or self._good.fit(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`line` is where it begins in its file."""

    name: str
    line: int
    conditions: tuple[Condition, ...]

    def matches(self, facts: Facts) -> bool:
        for condition in self.conditions:  # noqa: SIM110 (asked often; a generator takes longer)
            if not condition.holds(facts):
                return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingRule(Rule):
    """`ignore`: such events make an issue of their own that is ignored from the start."""

    fingerprint: tuple[str, ...] = ()
    title: str = ""
    ignore: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationRule(Rule):
    """What is not given stays as it is, or follows from the category."""

    category: Category | None = None
    transient: bool | None = None
    severity: Severity | None = None


AnyRule = TypeVar("AnyRule", bound=Rule)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one file, each kind in its order. `version` is that of the project's file."""

    grouping: tuple[GroupingRule, ...] = ()
    classification: tuple[ClassificationRule, ...] = ()
    version: int = 0

    def __bool__(self) -> bool:
        return bool(self.grouping or self.classification)


NO_RULES: Final = RuleSet()


def first(rules: Iterable[AnyRule], facts: Facts) -> AnyRule | None:
    """The first rule that matches decides; the others are not asked."""
    return next((rule for rule in rules if rule.matches(facts)), None)

"""Policies as values: which strategies are tried for which failures, how far, and with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from core.analysis.rules.glob import globs, joined
from core.recovery.limits import Limits, Verification, Window
from core.recovery.mode import USUAL, Mode
from core.recovery.situation import Situation
from core.recovery.strategy import Use

SHIPPED = "shipped"


class Condition(NamedTuple):
    """One of `wanted` fits, or none is asked for, and none of `unwanted` does."""

    field: str
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()

    def holds(self, facts: Mapping[str, str]) -> bool:
        value = joined([facts.get(self.field, "")])
        if self.wanted and not globs(self.wanted).fit(value):
            return False
        return not (self.unwanted and globs(self.unwanted).fit(value))


@dataclass(frozen=True, slots=True)
class Rule:
    """`strategies` are tried in this order; none means that nothing is to be done."""

    name: str
    line: int
    conditions: Sequence[Condition] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    strategies: Sequence[str] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    verification: Mapping[str, Any] = field(default_factory=dict)
    uses: Mapping[str, "Using"] = field(default_factory=dict)

    def matches(self, situation: Situation) -> bool:
        found = {
            "transient": situation.transient,
            "replayable": situation.replayable,
            "new_in_release": situation.new_in_release,
        }
        return all(found[name] is value for name, value in self.flags.items()) and all(
            condition.holds(situation.facts) for condition in self.conditions
        )


@dataclass(frozen=True, slots=True)
class Using:
    """What a strategy may use, with limits of its own."""

    use: Use
    limits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layer:
    """One file: shipped, of a project, or of a component. `version` 0 is the shipped one."""

    name: str = SHIPPED
    version: int = 0
    rules: Sequence[Rule] = ()
    uses: Mapping[str, Using] = field(default_factory=dict)
    modes: Mapping[str, Mode] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    verification: Mapping[str, Any] = field(default_factory=dict)
    windows: Sequence[Window] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """What a policy says of one situation; from the layer of its rule down to what is shipped."""

    rule: Rule
    layer: Layer
    layers: Sequence[Layer]

    @property
    def chain(self) -> tuple[str, ...]:
        return tuple(self.rule.strategies)

    def use(self, strategy: str) -> Use | None:
        found = self._using(strategy)
        return found.use if found else None

    def limits(self, strategy: str) -> Limits:
        found = self._using(strategy)
        most_general_first = [layer.limits for layer in reversed(self.layers)]
        own = found.limits if found else {}
        return replace(Limits(), **_merged(*most_general_first, own, self.rule.limits))

    def verification(self) -> Verification:
        most_general_first = [layer.verification for layer in reversed(self.layers)]
        return replace(Verification(), **_merged(*most_general_first, self.rule.verification))

    def mode(self, action: str, use: Use | None = None) -> Mode:
        if use is not None and use.mode is not None and use.action == action:
            return Mode(use.mode)
        for layer in self.layers:
            if action in layer.modes:
                return layer.modes[action]
        return USUAL

    def windows(self) -> tuple[Window, ...]:
        """Those of all layers: a project cannot take a general one away."""
        return tuple(window for layer in self.layers for window in layer.windows)

    def _using(self, strategy: str) -> Using | None:
        if strategy in self.rule.uses:
            return self.rule.uses[strategy]
        return next((each.uses[strategy] for each in self.layers if strategy in each.uses), None)


@dataclass(frozen=True, slots=True)
class Book:
    """The layers that hold for one failure, the most particular first."""

    layers: Sequence[Layer]

    def course(self, situation: Situation) -> Course | None:
        """The first rule that matches decides."""
        for layer in self.layers:
            for rule in layer.rules:
                if rule.matches(situation):
                    return Course(rule, layer, self.layers)
        return None


def _merged(*tables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for table in tables for name, value in table.items()}

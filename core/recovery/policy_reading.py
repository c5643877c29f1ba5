"""From the text of a policy to its values, and to all that is wrong with it.

What has a mistake is left out and the rest is read on, so that one look tells everything.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

from core.analysis.proposal import Advice
from core.analysis.result import Severity
from core.analysis.rules.content import content
from core.analysis.rules.places import Places
from core.analysis.rules.problem import Problem
from core.errors import Category, UnprocessableError
from core.recovery.book import SHIPPED, Condition, Layer, Rule, Using
from core.recovery.limits import Verification
from core.recovery.mode import Mode
from core.recovery.policy_entry import Entry, meant
from core.recovery.policy_parts import arguments, limits, number, window
from core.recovery.strategy import RESEND, Use, places

MOST_RULES: Final = 500
_TABLES: Final = ("modes", "limits", "verification", "use", "rule", "maintenance")
_RULE: Final = ("name", "match", "strategies", "limits", "verification", "use")
_USE: Final = ("action", "target", "arguments", "mode", "attempts", "timeout", "instances")
_FLAGS: Final = ("transient", "replayable", "new_in_release")
_FACTS: Final = (
    *("category", "family", "kind", "advice", "severity"),
    *("component", "release", "environment", "operation"),
)
_WORDS: Final[Mapping[str, Collection[str]]] = {
    "category": [each.value for each in Category],
    "severity": [each.value for each in Severity],
    "advice": [each.value for each in Advice],
}


@dataclass(frozen=True, slots=True)
class Words:
    """What there is: names of strategies, actions and probes."""

    strategies: Collection[str]
    actions: Collection[str]
    probes: Collection[str]


class PolicyError(UnprocessableError):
    """A recovery policy that cannot be used."""

    code = "ML-VAL-0040"

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = [problem for problem in problems if problem.fatal]
        lines = "\n".join(map(str, self.problems))
        told = [problem._asdict() for problem in self.problems]
        super().__init__(f"This policy cannot be used.\n{lines}", problems=told)


class Reading(NamedTuple):
    """`layer` is made of what has no mistake."""

    layer: Layer
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        return not any(problem.fatal for problem in self.problems)


def read(text: str, words: Words, *, name: str = SHIPPED, version: int = 0) -> Reading:
    found = content(
        text,
        shorter="Leave out rules that no failure needs any more.",
        levels="A policy needs four levels at most.",
    )
    if isinstance(found, Problem):
        return Reading(Layer(), (found,))
    return _Reader(text, found, words).reading(name, version)


def checked(text: str, words: Words, *, name: str = SHIPPED, version: int = 0) -> Layer:
    """The values of a text without a mistake, else `PolicyError`."""
    found = read(text, words, name=name, version=version)
    if not found.usable:
        raise PolicyError(found.problems)
    return found.layer


class _Reader:
    def __init__(self, text: str, content: Mapping[str, Any], words: Words) -> None:
        self._words = words
        self._problems: list[Problem] = []
        self._places = Places(text)
        self._file = Entry(content, (), places=self._places, problems=self._problems)

    def reading(self, name: str, version: int) -> Reading:
        self._file.only(_TABLES)
        layer = Layer(
            name=name,
            version=version,
            rules=self._rules(),
            uses=self._uses(self._part("use")),
            modes=self._modes(self._part("modes")),
            limits=limits(self._part("limits")),
            verification=self._verification(self._part("verification")),
            windows=[found for each in self._list("maintenance") if (found := window(each))],
        )
        return Reading(layer, tuple(sorted(self._problems, key=lambda problem: problem.line)))

    def _part(self, key: str) -> Entry:
        table = self._file.table.get(key, {})
        return Entry(table, (key, 0), places=self._places, problems=self._problems)

    def _list(self, key: str) -> list[Entry]:
        tables = self._file.table.get(key, [])
        if not isinstance(tables, list) or len(tables) > MOST_RULES:
            self._file.fail(f"{key!r} is no list.", f"Write [[{key}]] above each.", key)
            return []
        return [
            Entry(table, (key, number), places=self._places, problems=self._problems)
            for number, table in enumerate(tables)
        ]

    def _rules(self) -> list[Rule]:
        names: dict[str, int] = {}
        found = []
        for entry in self._list("rule"):
            rule = self._rule(entry)
            if rule.name in names:
                what = f"The rule of line {names[rule.name]} has the same name."
                entry.fail(what, "Give each rule a name of its own.", "name")
            names.setdefault(rule.name, rule.line)
            if not entry.failed:
                found.append(rule)
        self._warn_of_the_unreachable(found)
        return found

    def _rule(self, entry: Entry) -> Rule:
        entry.only(_RULE)
        name = entry.text("name")
        entry.where = f"rule {name!r}" if name else "a rule without a name"
        strategies = entry.texts("strategies")
        for strategy in strategies:
            if strategy not in self._words.strategies:
                what = f"There is no strategy {strategy!r}."
                entry.fail(what, meant(strategy, self._words.strategies), "strategies")
        conditions, flags = self._match(entry.below("match"))
        return Rule(
            name=name,
            line=entry.line,
            conditions=conditions,
            flags=flags,
            strategies=strategies,
            limits=limits(entry.below("limits")),
            verification=self._verification(entry.below("verification")),
            uses=self._uses(entry.below("use")),
        )

    def _match(self, entry: Entry) -> tuple[list[Condition], dict[str, bool]]:
        entry.only((*_FACTS, *_FLAGS))
        conditions: list[Condition] = []
        flags: dict[str, bool] = {}
        for key in entry.table:
            if key in _FLAGS:
                value = entry.flag(key)
                flags |= {key: value} if value is not None else {}
            elif key in _FACTS:
                conditions.append(self._condition(entry, key))
        return conditions, flags

    @staticmethod
    def _condition(entry: Entry, key: str) -> Condition:
        values = entry.texts(key)
        for value in values:
            plain = value.removeprefix("!")
            known = _WORDS.get(key)
            if known and not set("*?") & set(plain) and plain not in known:
                entry.fail(f"No {key} is called {plain!r}.", meant(plain, known), key)
        return Condition(
            key,
            tuple(each for each in values if not each.startswith("!")),
            tuple(each[1:] for each in values if each.startswith("!")),
        )

    def _uses(self, entry: Entry) -> dict[str, Using]:
        entry.only(self._words.strategies)
        return {
            strategy: self._use(entry.below(strategy))
            for strategy in entry.table
            if strategy in self._words.strategies
        }

    def _use(self, entry: Entry) -> Using:
        entry.only((*_USE, "limits"))
        given = entry.table
        action = entry.choice("action", self._words.actions) if "action" in given else RESEND
        told = arguments(entry)
        for name in places((given.get("target", ""), told)) - set(_FACTS):
            what = f"No fact is called {name!r}."
            entry.fail(what, meant(name, _FACTS), "target")
        return Using(
            Use(
                action=action,
                target=entry.text("target", "operation" if action == RESEND else None),
                arguments=told,
                mode=entry.choice("mode", Mode) if "mode" in given else None,
                attempts=int(number(entry, "attempts", 1, low=1, high=20)),
                timeout=number(entry, "timeout", 30, low=0.1, high=600),
                instances=int(number(entry, "instances", 0, low=1, high=1e6)) or None,
            ),
            limits(entry.below("limits")),
        )

    def _modes(self, entry: Entry) -> dict[str, Mode]:
        entry.only(self._words.actions)
        return {
            action: Mode(mode)
            for action in entry.table
            if action in self._words.actions and (mode := entry.choice(action, Mode))
        }

    def _verification(self, entry: Entry) -> dict[str, Any]:
        entry.only([each.name for each in fields(Verification)])
        found: dict[str, Any] = {}
        for key in entry.table.keys() & {"after", "every", "hold", "within"}:
            found[key] = entry.number(key, low=0.1 if key == "every" else 0, high=86_400)
        if "rate" in entry.table:
            found["rate"] = entry.flag("rate")
        if "probe" in entry.table:
            found["probe"] = entry.choice("probe", self._words.probes)
        if "arguments" in entry.table:
            found["arguments"] = arguments(entry)
        return {key: value for key, value in found.items() if value is not None}

    def _warn_of_the_unreachable(self, rules: list[Rule]) -> None:
        seen: dict[Any, Rule] = {}
        for rule in rules:
            key = (frozenset(rule.conditions), frozenset(rule.flags.items()))
            earlier = seen.setdefault(key, rule)
            if earlier is not rule:
                what = f"It never matches: {earlier.name!r} above has the same conditions."
                remedy = "The first rule that matches decides; leave one of them out."
                self._problems.append(
                    Problem(rule.line, f"rule {rule.name!r}", what, remedy, fatal=False)
                )

"""From the text of a file to its rules, and to all that is wrong with it.

A rule with a mistake is left out and the others are read on, so that one look tells everything.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from core.analysis.rules.content import content
from core.analysis.rules.entry import Entry, classification, grouping
from core.analysis.rules.places import Places
from core.analysis.rules.problem import Problem, RulesError
from core.analysis.rules.rule import ClassificationRule, GroupingRule, Rule, RuleSet

MOST_RULES: Final = 500
KINDS: Final = ("grouping", "classification")


class Reading(NamedTuple):
    """`rules` are those without a mistake."""

    rules: RuleSet
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        return not any(problem.fatal for problem in self.problems)


def read(text: str, *, version: int = 0) -> Reading:
    found = content(
        text,
        shorter="Leave out rules that no event needs any more.",
        levels="A rule needs three levels at most.",
    )
    if isinstance(found, Problem):
        return Reading(RuleSet(), (found,))
    return _Reader(text, found).reading(version)


def checked(text: str, *, version: int = 0) -> RuleSet:
    """The rules of a text without a mistake, else `RulesError`."""
    found = read(text, version=version)
    if not found.usable:
        raise RulesError(found.problems)
    return found.rules


class _Reader:
    def __init__(self, text: str, content: Mapping[str, Any]) -> None:
        self._content = content
        self._places = Places(text)
        self._problems: list[Problem] = []
        self._names: dict[str, int] = {}

    def reading(self, version: int) -> Reading:
        for key in self._content.keys() - set(KINDS):
            remedy = "Rules begin with [[grouping]] or [[classification]]."
            self._say(self._places.line(key, 0), key, "This is unknown.", remedy)
        grouped: list[GroupingRule] = []
        classified: list[ClassificationRule] = []
        for entry in self._entries("grouping"):
            self._keep(grouped, grouping(entry), entry)
        for entry in self._entries("classification"):
            self._keep(classified, classification(entry), entry)
        self._warn_of_the_unreachable(grouped)
        self._warn_of_the_unreachable(classified)
        ordered = tuple(sorted(self._problems, key=lambda problem: problem.line))
        return Reading(RuleSet(tuple(grouped), tuple(classified), version), ordered)

    def _entries(self, kind: str) -> list[Entry]:
        tables = self._content.get(kind, [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            line = self._places.line(kind, 0)
            self._say(line, kind, "This is not a list of tables.", f"Write [[{kind}]] above it.")
            return []
        if len(tables) > MOST_RULES:
            line = self._places.line(kind, MOST_RULES)
            what = f"There are {len(tables)} rules; {MOST_RULES} are allowed."
            self._say(line, kind, what, "Join rules: a field takes several values.")
        return [
            Entry(kind, number, table, self._places, self._problems)
            for number, table in enumerate(tables[:MOST_RULES])
        ]

    def _keep(self, rules: list[Any], rule: Rule | None, entry: Entry) -> None:
        """Hits are counted by name, so each name stands for one rule."""
        name = entry.name
        earlier = self._names.setdefault(name, entry.line) if name else entry.line
        if earlier != entry.line:
            what = f"The rule of line {earlier} has the same name."
            entry.fail(what, "Give each rule a name of its own.", "name")
        elif rule is not None and not entry.failed:
            rules.append(rule)

    def _warn_of_the_unreachable(self, rules: list[Any]) -> None:
        seen: dict[frozenset[Any], Rule] = {}
        for rule in rules:
            earlier = seen.setdefault(frozenset(rule.conditions), rule)
            if earlier is not rule:
                what = f"It never matches: {earlier.name!r} above has the same conditions."
                remedy = "The first rule that matches decides; leave one of them out."
                problem = Problem(rule.line, f"rule {rule.name!r}", what, remedy, fatal=False)
                self._problems.append(problem)

    def _say(self, line: int, where: str, what: str, remedy: str) -> None:
        self._problems.append(Problem(line, where, what, remedy))

"""One `[[grouping]]` or `[[classification]]` of a file, read into a rule."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, TypeVar

from core.analysis.result import Severity
from core.analysis.rules.facts import FIELDS, TAG
from core.analysis.rules.places import Places
from core.analysis.rules.problem import Problem
from core.analysis.rules.rule import ClassificationRule, Condition, GroupingRule
from core.analysis.variables import is_known, named
from core.errors import Category

LONGEST_NAME: Final = 100
LONGEST_TEXT: Final = 500
MOST_VALUES: Final = 100
MOST_PARTS: Final = 20
GROUPING_EFFECTS: Final = ("fingerprint", "title", "ignore")
CLASSIFICATION_EFFECTS: Final = ("category", "transient", "severity")
_TAGS: Final = frozenset({"tag", "tags"})

Choice = TypeVar("Choice", bound=StrEnum)


class Entry:
    """The table of one rule, with a voice for what is wrong with it."""

    def __init__(
        self,
        kind: str,
        number: int,
        table: Mapping[str, Any],
        places: Places,
        problems: list[Problem],
    ) -> None:
        self.table = table
        self.line = places.line(kind, number)
        self.failed = False
        self.name = self._name()
        self._path = (kind, number)
        self._places = places
        self._problems = problems
        self._where = f"rule {self.name!r}" if self.name else f"{kind} rule {number + 1}"

    def fail(self, what: str, remedy: str, *path: str) -> None:
        self.failed = True
        self._say(what, remedy, *path, fatal=True)

    def warn(self, what: str, remedy: str, *path: str) -> None:
        self._say(what, remedy, *path, fatal=False)

    def _say(self, what: str, remedy: str, *path: str, fatal: bool) -> None:
        line = self._places.line(*self._path, *path)
        self._problems.append(Problem(line, self._where, what, remedy, fatal))

    def _name(self) -> str:
        given = self.table.get("name")
        return given.strip()[:LONGEST_NAME] if isinstance(given, str) else ""

    def require_only(self, effects: Iterable[str]) -> None:
        """A name, conditions, at least one effect, and nothing that we do not know."""
        known = ("name", "match", *effects)
        for key in self.table.keys() - set(known):
            self.fail(f"{key!r} is unknown.", _meant(key, known), key)
        if not self.name:
            self.fail("It has no name.", 'Add name = "…": hits are counted by it.', "name")
        if not any(effect in self.table for effect in effects):
            self.fail("It has no effect.", f"Add one of {', '.join(effects)}.")

    def texts(self, key: str, most: int) -> tuple[str, ...]:
        """A text or a list of texts."""
        given = self.table.get(key)
        return tuple(self.listed(given, most, key)) if given is not None else ()

    def listed(self, given: Any, most: int, *path: str) -> Iterator[str]:
        values = given if isinstance(given, list) else [given]
        if not 1 <= len(values) <= most:
            what = f"{path[-1]!r} has {len(values)} values."
            self.fail(what, f"It takes 1 to {most}.", *path)
        for value in values[:most]:
            if not isinstance(value, str) or not value.strip():
                what = f"{path[-1]!r} holds {value!r}, which is not a text."
                self.fail(what, "Write it in quotes, and not empty.", *path)
            elif len(value) > LONGEST_TEXT:
                what = f"A text of {path[-1]!r} has {len(value)} characters."
                self.fail(what, f"{LONGEST_TEXT} are allowed.", *path)
            else:
                yield value

    def switch(self, key: str) -> bool | None:
        given = self.table.get(key)
        if given is None or isinstance(given, bool):
            return given
        self.fail(f"{key!r} is {given!r}.", "Write true or false, without quotes.", key)
        return None

    def choice(self, key: str, choices: type[Choice]) -> Choice | None:
        given = self.table.get(key)
        if given is None:
            return None
        known = [choice.value for choice in choices]
        if given not in known:
            self.fail(f"{key!r} is {given!r}, which is none.", _meant(str(given), known), key)
            return None
        return choices(given)

    def conditions(self) -> tuple[Condition, ...]:
        given = self.table.get("match")
        if not isinstance(given, dict) or not given:
            what = "It matches nothing in particular."
            self.fail(what, 'Add at least one condition, as in match.type = "KeyError".', "match")
            return ()
        return tuple(self._conditions(given))

    def _conditions(self, given: Mapping[str, Any]) -> Iterator[Condition]:
        for key, value in given.items():
            head, _, rest = key.partition(".")
            if head in _TAGS:
                yield from self._of_tags(rest, value, key)
            elif key not in FIELDS:
                known = (*FIELDS, "tag.<name>")
                self.fail(f"An event has no field {key!r}.", _meant(key, known), "match", key)
            else:
                yield self._condition(key, value, key)

    def _of_tags(self, name: str, value: Any, *path: str) -> Iterator[Condition]:
        """`tag.region = …` is a table in a table; a dot in the name of a tag makes one more."""
        if isinstance(value, dict) and value:
            for step, below in value.items():
                yield from self._of_tags(f"{name}.{step}" if name else step, below, *path, step)
        elif name and not isinstance(value, dict):
            yield self._condition(TAG + name, value, *path)
        else:
            self.fail("Which tag?", 'Write match.tag.<name> = "…".', "match", *path)

    def _condition(self, field: str, value: Any, *path: str) -> Condition:
        values = list(self.listed(value, MOST_VALUES, "match", *path))
        if "!" in values:
            self.fail("'!' alone excludes nothing.", "Write '!*' for: has none.", "match", *path)
        patterns = [each.replace("\\", "/") for each in values] if field == "path" else values
        return Condition(
            field,
            tuple(each for each in patterns if not each.startswith("!")),
            tuple(each[1:] for each in patterns if each.startswith("!")),
        )


def grouping(entry: Entry) -> GroupingRule | None:
    entry.require_only(GROUPING_EFFECTS)
    fingerprint = entry.texts("fingerprint", MOST_PARTS)
    title = "".join(entry.texts("title", 1))
    for key, texts in (("fingerprint", fingerprint), ("title", (title,))):
        _look_at_variables(entry, key, texts)
    rule = GroupingRule(
        name=entry.name,
        line=entry.line,
        conditions=entry.conditions(),
        fingerprint=fingerprint,
        title=title,
        ignore=entry.switch("ignore") is True,
    )
    return None if entry.failed else rule


def classification(entry: Entry) -> ClassificationRule | None:
    entry.require_only(CLASSIFICATION_EFFECTS)
    rule = ClassificationRule(
        name=entry.name,
        line=entry.line,
        conditions=entry.conditions(),
        category=entry.choice("category", Category),
        transient=entry.switch("transient"),
        severity=entry.choice("severity", Severity),
    )
    return None if entry.failed else rule


def _look_at_variables(entry: Entry, key: str, texts: Iterable[str]) -> None:
    for text in texts:
        variables = named(text)
        if text.count("{{") != len(variables):
            remedy = "Write {{ name }}, with letters, digits, dots and dashes."
            entry.warn(f"A variable of {key!r} does not end, or has no name.", remedy, key)
        for variable in variables:
            if not is_known(variable):
                what = f"{{{{ {variable.name} }}}} is taken for the tag {variable.name!r}."
                remedy = f"If that is meant, write {{{{ tags.{variable.name} }}}}."
                entry.warn(what, remedy, key)


def _meant(given: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(given, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(names)}."

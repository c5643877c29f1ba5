"""One table of a policy file, with a voice for what is wrong with it and where."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from core.analysis.rules.places import Places
from core.analysis.rules.problem import Problem

LONGEST_TEXT: Final = 500
MOST_VALUES: Final = 100


class Entry:
    """`path` leads to the table in the file; `where` is what people call it."""

    def __init__(
        self, table: Any, path: tuple[str | int, ...], *, places: Places, problems: list[Problem]
    ) -> None:
        self.path = path
        self.places = places
        self.problems = problems
        self.where = ".".join(str(step) for step in path if isinstance(step, str)) or "the file"
        self.table: Mapping[str, Any] = table if isinstance(table, Mapping) else {}
        self.failed = False
        if not isinstance(table, Mapping):
            self.fail("This is not a table.", f"Write [{self.where}] above it.")

    @property
    def line(self) -> int:
        return self.places.line(*self.path)

    def below(self, key: str) -> "Entry":
        return Entry(
            self.table.get(key, {}), (*self.path, key), places=self.places, problems=self.problems
        )

    def fail(self, what: str, remedy: str, *path: str) -> None:
        self.failed = True
        self.say(what, remedy, *path, fatal=True)

    def say(self, what: str, remedy: str, *path: str, fatal: bool) -> None:
        line = self.places.line(*self.path, *path)
        self.problems.append(Problem(line, self.where, what, remedy, fatal))

    def only(self, known: Collection[str]) -> None:
        for key in self.table.keys() - set(known):
            self.fail(f"{key!r} is unknown.", meant(key, known), key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.table.get(key, default)
        if isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
            return value
        self.fail(f"{key!r} is no text.", f'Write {key} = "…".', key)
        return ""

    def number(self, key: str, *, low: float, high: float) -> float | None:
        value = self.table.get(key)
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if plain and low <= value <= high:  # type: ignore[operator]
            return float(value)  # type: ignore[arg-type]
        self.fail(f"{key!r} is {value!r}.", f"Write a number from {low:g} to {high:g}.", key)
        return None

    def flag(self, key: str) -> bool | None:
        value = self.table.get(key)
        if isinstance(value, bool):
            return value
        self.fail(f"{key!r} is {value!r}.", "Write true or false, without quotes.", key)
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        given = self.table.get(key, [])
        values = given if isinstance(given, list) else [given]
        good = [each for each in values if isinstance(each, str) and each.strip()]
        if len(good) != len(values) or len(values) > MOST_VALUES:
            remedy = f"Write a text or a list of up to {MOST_VALUES} texts."
            self.fail(f"{key!r} is no list of texts.", remedy, key)
            return ()
        return tuple(good)

    def choice(self, key: str, known: Iterable[str]) -> str:
        value, names = self.table.get(key), list(known)
        if value in names:
            return str(value)
        self.fail(f"{key!r} is {value!r}, which is none.", meant(str(value), names), key)
        return ""


def meant(given: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(given, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(names) or 'none'}."

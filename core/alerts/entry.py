"""One table of a file of alerts, with a voice for what is wrong with it and where."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final, Protocol, TypeVar

from core.alerts.units import QuantityError, span
from core.analysis.rules.problem import Problem

LONGEST_TEXT: Final = 2_000
MOST_VALUES: Final = 200
Step = str | int
T = TypeVar("T")


class Lines(Protocol):
    """Where each path of a file stands; lines count from 1."""

    def line(self, *path: Step) -> int: ...


class NoLines:
    """What came as JSON has none."""

    def line(self, *path: Step) -> int:  # noqa: ARG002
        return 1


class Entry:
    """`path` leads to the table in the file; `where` is what people call it."""

    def __init__(
        self, table: Any, path: tuple[Step, ...], *, lines: Lines, problems: list[Problem]
    ) -> None:
        self.path = path
        self.lines = lines
        self.problems = problems
        self.where = ".".join(str(step) for step in path if isinstance(step, str)) or "the file"
        self.table: Mapping[str, Any] = table if isinstance(table, Mapping) else {}
        self.failed = self.named = False
        if not isinstance(table, Mapping):
            self.fail("These are no keys with values.", "Write `key: value` lines below it.")

    def __contains__(self, key: str) -> bool:
        return self.table.get(key) is not None

    @property
    def line(self) -> int:
        return self.lines.line(*self.path)

    def below(self, key: str) -> "Entry":
        given = self.table.get(key)
        return self._at({} if given is None else given, key)

    def each(self, key: str) -> list["Entry"]:
        given = self.table.get(key)
        values = [] if given is None else given
        if not isinstance(values, list) or len(values) > MOST_VALUES * 10:
            self.fail(f"{key!r} is no list.", "Begin each of its entries with a dash.", key)
            return []
        return [self._at(value, key, place) for place, value in enumerate(values)]

    def _at(self, table: Any, *path: Step) -> "Entry":
        made = Entry(table, (*self.path, *path), lines=self.lines, problems=self.problems)
        if self.named:
            made.where, made.named = f"{self.where}, {path[0]}", True
        return made

    def name(self, where: str) -> None:
        """How people call it, and all that is below it."""
        self.where, self.named = where, True

    def fail(self, what: str, remedy: str, *path: Step) -> None:
        self.failed = True
        self.say(what, remedy, *path, fatal=True)

    def say(self, what: str, remedy: str, *path: Step, fatal: bool = False) -> None:
        line = self.lines.line(*self.path, *path)
        self.problems.append(Problem(line, self.where, what, remedy, fatal))

    def only(self, known: Collection[str]) -> None:
        for key in self.table:
            if key not in known:
                self.fail(f"{key!r} is unknown.", meant(str(key), known), str(key))

    def text(self, key: str, default: str = "") -> str:
        value = self.table.get(key)
        if value is None and default:
            return default
        if isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
            return value.strip()
        self.fail(f"{key!r} is {value!r}, no text.", f"Write {key}: and a text.", key)
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts; numbers and truths are taken as they are written."""
        given = self.table.get(key)
        values = given if isinstance(given, list) else [given]
        good = [str(each) for each in values if isinstance(each, str | int | float)]
        if len(good) != len(values) or len(values) > MOST_VALUES:
            remedy = f"Write a text or a list of up to {MOST_VALUES} texts."
            self.fail(f"{key!r} is no list of texts.", remedy, key)
            return ()
        return tuple(good)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.table.get(key, default)
        if isinstance(value, bool):
            return value
        self.fail(f"{key!r} is {value!r}.", "Write true or false.", key)
        return default

    def span(self, key: str, default: timedelta) -> timedelta:
        return self.read(key, span, default) if key in self else default

    def read(self, key: str, convert: Callable[[Any], T], default: T) -> T:
        """What `convert` makes of the value; it raises `QuantityError` for what is wrong."""
        try:
            return convert(self.table.get(key))
        except QuantityError as error:
            self.fail(f"{key!r}: {error}.", "Write a number, or one with its unit: 30s.", key)
            return default

    def choice(self, key: str, known: Iterable[str], default: str = "") -> str:
        value, names = self.table.get(key, default or None), list(known)
        if value in names:
            return str(value)
        self.fail(f"{key!r} is {value!r}, which is none.", meant(str(value), names), key)
        return default


def meant(given: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(given, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(names) or 'none'}."

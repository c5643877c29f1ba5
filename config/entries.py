"""Reads single entries of the classification tables; says which one is wrong, and why."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Never

from core.analysis.result import Severity
from core.errors import Category, ConfigurationError

USUAL_CONFIDENCE = 0.7
_GAP = "…"
_SHORTEST_PHRASE, _SHORTEST_NAME = 4, 3


class Place(NamedTuple):
    """Where an entry stands, for people."""

    file: str
    entry: str

    def wrong(self, why: str) -> Never:
        raise ConfigurationError(
            f"{self.file}, {self.entry}: {why}", file=self.file, entry=self.entry
        )

    def at(self, entry: str) -> "Place":
        return Place(self.file, f"{self.entry}, {entry}")


def category(place: Place, name: str) -> Category:
    try:
        return Category(name)
    except ValueError:
        place.wrong(f"{name!r} is no category of failures; there are {', '.join(Category)}.")


def severity(place: Place, value: Any) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        place.wrong(f"{value!r} is no severity; there are {', '.join(Severity)}.")


def known_keys(place: Place, entry: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(entry.keys() - known):
        place.wrong(f"does not know {', '.join(unknown)}; there are {', '.join(sorted(known))}.")


def mapping(place: Place, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, dict) else place.wrong("is not a table.")


def text(place: Place, entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        place.wrong(f"needs {key}, a text.")
    return value


def flag(place: Place, entry: Mapping[str, Any], key: str) -> bool:
    value = entry[key]
    return value if isinstance(value, bool) else place.wrong(f"{key} is true or false.")


def words(place: Place, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(text(place, entry, key).split())


def lines(place: Place, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text(place, entry, key).splitlines())
    return tuple(line for line in lines if line)


def confidence(place: Place, entry: Mapping[str, Any]) -> float:
    value = entry.get("confidence", USUAL_CONFIDENCE)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        place.wrong("confidence is a number above 0, at most 1.")
    return float(value)


def message_phrase(place: Place, line: str) -> tuple[str, ...]:
    """`login failed … timeout` is two parts in this order."""
    parts = tuple(part.strip() for part in line.split(_GAP))
    if line != line.lower() or len(parts[0]) < _SHORTEST_PHRASE or not all(parts):
        place.wrong(
            f"the phrase {line!r} needs lower case and {_SHORTEST_PHRASE} letters before a gap."
        )
    return parts


def name_phrase(place: Place, line: str) -> tuple[str, ...]:
    if line != line.lower() or len(line.rstrip("*")) < _SHORTEST_NAME:
        place.wrong(f"the phrase {line!r} needs lower case and {_SHORTEST_NAME} letters.")
    return (line,)

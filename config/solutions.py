"""Loads solutions, Mendline's own and those that users add; says which entry of a file is wrong."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeGuard

from config.entries import Place, category, known_keys, mapping, message_phrase, text
from core.analysis.families import FAMILIES, GENERAL
from core.analysis.solutions import PLACE, Signs, Solution
from core.errors import ConfigurationError

PATTERN: Final = "solutions*.toml"
_EVIDENCE: Final = frozenset({"codes", "types", "phrases", "kinds", "categories"})
_SIGNS: Final = {*_EVIDENCE, "languages", "unless"}
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@lru_cache(maxsize=4)
def solutions(directory: Path | None = None) -> tuple[Solution, ...]:
    """Those of `directory` first; one with the id of a shipped one stands in its place."""
    added = {each.id: each for name, content in _added(directory) for each in read(name, content)}
    return (*added.values(), *(each for each in _own() if each.id not in added))


def read(name: str, content: str) -> tuple[Solution, ...]:
    """The entries of one file; the first wrong one is a configuration error."""
    return tuple(found for found in _entries(name, content) if _right(found))


def problems(name: str, content: str) -> list[str]:
    """What is wrong with each entry of a file."""
    return [str(found) for found in _entries(name, content) if not isinstance(found, Solution)]


def _right(found: Solution | ConfigurationError) -> TypeGuard[Solution]:
    if isinstance(found, ConfigurationError):
        raise found
    return True


def _entries(name: str, content: str) -> Iterator[Solution | ConfigurationError]:
    """Each entry as a solution, or what is wrong with it."""
    taken: set[str] = set()
    try:
        entries = _listed(name, content)
    except ConfigurationError as error:
        yield error
        return
    for number, entry in enumerate(entries, start=1):
        place = Place(name, f"[[solution]] {number}")
        try:
            solution = _solution(place, entry)
            if solution.id in taken:
                place.at(solution.id).wrong("its id is taken.")
        except ConfigurationError as error:
            yield error
        else:
            taken.add(solution.id)
            yield solution


def _listed(name: str, content: str) -> list[Any]:
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name} is not TOML: {error}.", file=name) from error
    known_keys(Place(name, "the file"), table, {"solution"})
    entries = table.get("solution", [])
    if not isinstance(entries, list):
        Place(name, "[solution]").wrong("write it as [[solution]].")
    return entries


@lru_cache(maxsize=1)
def _own() -> tuple[Solution, ...]:
    defaults = files("config").joinpath("defaults")
    names = sorted(file.name for file in defaults.iterdir() if Path(file.name).match(PATTERN))
    return tuple(
        each for name in names for each in read(name, defaults.joinpath(name).read_text("utf-8"))
    )


def _added(directory: Path | None) -> Iterator[tuple[str, str]]:
    if directory is None:
        return
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is no directory of knowledge.", path=str(directory))
    try:
        for file in sorted(directory.glob(PATTERN)):
            yield str(file), file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Cannot read {directory}: {error}.") from error


def _solution(place: Place, entry: Any) -> Solution:
    entry = mapping(place, entry)
    known_keys(place, entry, {"id", "title", "explanation", "steps", "sources", "when"})
    name, title, explanation = (text(place, entry, key) for key in ("id", "title", "explanation"))
    place = place.at(name)
    if not _ID.fullmatch(name):
        place.wrong("its id is not of small letters and digits with hyphens between.")
    steps, sources = (_texts(place, entry, key) for key in ("steps", "sources"))
    for said in (title, explanation, *steps):
        if {"{", "}"} & set(PLACE.sub("", said)):
            place.wrong(f"a place in {said!r} is not of the form {{name|without}}.")
    if wrong := [source for source in sources if not source.startswith("https://")]:
        place.wrong(f"the source {wrong[0]!r} does not begin with https://.")
    when = mapping(place, entry.get("when"))
    return Solution(name, title, explanation, steps, sources, _signs(place, when))


def _signs(place: Place, when: Mapping[str, Any]) -> Signs:
    known_keys(place, when, _SIGNS)
    if not _EVIDENCE & when.keys():
        place.wrong(f"needs when, with one of {', '.join(sorted(_EVIDENCE))}.")
    given = {key: _texts(place, when, key) for key in when}
    for name in given.get("categories", ()):
        category(place, name)
    if strange := sorted(set(given.get("kinds", ())) - _kinds()):
        place.wrong(f"there is no kind {', '.join(strange)}.")
    phrases, unless = given.pop("phrases", ()), given.pop("unless", ())
    return Signs(
        phrases=tuple(message_phrase(place, phrase) for phrase in phrases),
        unless=tuple(part for phrase in unless for part in message_phrase(place, phrase)),
        **{key: frozenset(values) for key, values in given.items()},
    )


def _texts(place: Place, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = entry.get(key)
    if not value or not isinstance(value, list):
        place.wrong(f"needs {key}, a list of texts.")
    if not all(isinstance(each, str) and each.strip() for each in value):
        place.wrong(f"{key} has something that is no text.")
    return tuple(value)


@lru_cache(maxsize=1)
def _kinds() -> frozenset[str]:
    return frozenset(
        f"{family.name}.{kind.name}" for family in (*FAMILIES, GENERAL) for kind in family.kinds
    )

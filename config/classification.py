"""Turns tables of failures into frozen values; says which entry of which file is wrong."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Never

from core.analysis.knowledge import Knowledge, TypeRule
from core.analysis.phrases import Namebook, Phrasebook, PhraseRule
from core.analysis.result import Severity
from core.analysis.verdict import Verdict
from core.errors import Category, ConfigurationError

CODE, TYPE, NAME, VAGUE, UNKNOWN = 0.95, 0.92, 0.7, 0.5, 0.3
_MARKS = "+-?"
_GAP = "…"
_SHORTEST_PHRASE, _SHORTEST_NAME = 4, 3
_SECTIONS = {
    "categories": {"meaning", "transient", "severity", "status"},
    "library": {"name", "modules", "complete", "types"},
    "name": {"name", "category", "transient", "confidence", "phrases"},
    "message": {"name", "category", "transient", "confidence", "phrases", "unless"},
}
_STATUSES = range(100, 600)
_FREE = frozenset({"codes", "numbers"})


class _Place(NamedTuple):
    """Where an entry stands, for people."""

    file: str
    entry: str

    def wrong(self, why: str) -> Never:
        raise ConfigurationError(
            f"{self.file}, {self.entry}: {why}", file=self.file, entry=self.entry
        )

    def at(self, entry: str) -> "_Place":
        return _Place(self.file, f"{self.entry}, {entry}")


class Tables:
    """Gathers tables, those that decide first. Categories may differ from one file to the next:
    the first one to say something of a category counts.
    """

    def __init__(self) -> None:
        self._files: list[tuple[str, Mapping[str, Any]]] = []
        self._transients: dict[Category, bool] = {}
        self._severities: dict[Category, Severity] = {}
        self._verdicts: dict[tuple[str, str, float], Verdict] = {}

    def add(self, file: str, table: Mapping[str, Any]) -> None:
        for section in table:
            if section not in _SECTIONS and section not in _FREE:
                _Place(file, f"[{section}]").wrong(
                    f"no such section; there are {', '.join(sorted(_FREE | _SECTIONS.keys()))}."
                )
        self._files.append((file, table))

    def knowledge(self) -> Knowledge:
        self._read_categories()
        libraries = list(self._listed("library"))
        return Knowledge(
            severities=MappingProxyType(self._severities),
            codes=MappingProxyType(self._codes()),
            types=MappingProxyType(self._types(libraries)),
            names=Namebook(self._phrases("name", _name_phrase)),
            messages=Phrasebook(self._phrases("message", _message_phrase)),
            closed=tuple(
                root
                for place, library in libraries
                if library.get("complete")
                for root in _words(place, library, "modules")
            ),
            aliases=MappingProxyType(self._aliases()),
            transients=frozenset(
                category for category, transient in self._transients.items() if transient
            ),
        )

    def _named(self, section: str) -> Iterator[tuple[_Place, str, Mapping[str, Any]]]:
        for file, table in self._files:
            for name, entry in _mapping(_Place(file, f"[{section}]"), table.get(section)).items():
                place = _Place(file, f"[{section}.{name}]")
                yield place, name, _mapping(place, entry)

    def _listed(self, section: str) -> Iterator[tuple[_Place, Mapping[str, Any]]]:
        for file, table in self._files:
            entries = table.get(section, [])
            if not isinstance(entries, list):
                _Place(file, f"[{section}]").wrong(f"write it as [[{section}]].")
            for number, entry in enumerate(entries, start=1):
                place = _Place(file, f"[[{section}]] {number}")
                _known_keys(place, _mapping(place, entry), _SECTIONS[section])
                yield place, entry

    def _read_categories(self) -> None:
        for place, name, facts in self._named("categories"):
            _known_keys(place, facts, _SECTIONS["categories"])
            category = _category(place, name)
            if "transient" in facts:
                self._transients.setdefault(category, _flag(place, facts, "transient"))
            if "status" in facts and facts["status"] not in _STATUSES:
                place.wrong("status is an HTTP status, a number.")
            if "severity" in facts:
                self._severities.setdefault(category, _severity(place, facts["severity"]))

    def _verdict(self, place: _Place, entry: str, *, rule: str, sure: float) -> Verdict:
        """`timeout` as its category says, `timeout-` permanent, `timeout+` transient."""
        key = entry, rule, sure
        if key not in self._verdicts:
            category = _category(place, entry.rstrip(_MARKS))
            transient = self._transients.get(category, False)
            if entry.endswith(("+", "-")):
                transient = entry.endswith("+")
            self._verdicts[key] = Verdict(category, transient, sure, rule)
        return self._verdicts[key]

    def _codes(self) -> dict[str, Mapping[str, Verdict]]:
        found: dict[str, dict[str, Verdict]] = {}
        for place, system, entries in self._named("codes"):
            known = found.setdefault(system, {})
            own: set[str] = set()
            for entry in entries:
                unknown = entry.rstrip(_MARKS) == Category.UNKNOWN
                sure = UNKNOWN if unknown else CODE
                verdict = self._verdict(place, entry, rule=system, sure=sure)
                for code in _words(place, entries, entry):
                    if code in own:
                        place.wrong(f"{code} is listed twice.")
                    own.add(code)
                    known.setdefault(code, verdict)
        return {system: MappingProxyType(codes) for system, codes in found.items()}

    def _types(
        self, libraries: list[tuple[_Place, Mapping[str, Any]]]
    ) -> dict[str, tuple[TypeRule, ...]]:
        found: dict[str, tuple[TypeRule, ...]] = {}
        for place, library in libraries:
            name = _text(place, library, "name")
            modules = _words(place, library, "modules")
            types = _mapping(place, library.get("types"))
            own: set[str] = set()
            for entry in types:
                sure = VAGUE if entry.endswith("?") else TYPE
                if entry.rstrip(_MARKS) == Category.UNKNOWN:
                    sure = UNKNOWN
                rule = TypeRule(
                    modules, self._verdict(place.at(name), entry, rule=f"type:{name}", sure=sure)
                )
                for kind in _words(place, types, entry):
                    if kind in own:
                        place.at(name).wrong(f"{kind} is listed twice.")
                    own.add(kind)
                    found[kind] = (*found[kind], rule) if kind in found else (rule,)
        return found

    def _phrases(
        self, section: str, parts: Callable[[_Place, str], tuple[str, ...]]
    ) -> Iterator[PhraseRule]:
        for place, entry in self._listed(section):
            name = _text(place, entry, "name") if "name" in entry else entry.get("category", "")
            sure = _confidence(place, entry)
            verdict = self._verdict(
                place, _text(place, entry, "category"), rule=f"{section}:{name}", sure=sure
            )
            if "transient" in entry:
                verdict = verdict._replace(transient=_flag(place, entry, "transient"))
            yield PhraseRule(
                phrases=tuple(parts(place, line) for line in _lines(place, entry, "phrases")),
                verdict=verdict,
                unless=_lines(place, entry, "unless") if "unless" in entry else (),
            )

    def _aliases(self) -> dict[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for file, table in self._files:
            place = _Place(file, "[numbers]")
            numbers = _mapping(place, table.get("numbers"))
            for system in numbers:
                for pair in _words(place, numbers, system):
                    number, mark, name = pair.partition(":")
                    if not mark:
                        place.at(system).wrong(f"{pair!r} is not of the form number:name.")
                    found.setdefault(system, {}).setdefault(number, name)
        return {system: MappingProxyType(names) for system, names in found.items()}


def _category(place: _Place, name: str) -> Category:
    try:
        return Category(name)
    except ValueError:
        place.wrong(f"{name!r} is no category of failures; there are {', '.join(Category)}.")


def _severity(place: _Place, value: Any) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        place.wrong(f"{value!r} is no severity; there are {', '.join(Severity)}.")


def _known_keys(place: _Place, entry: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(entry.keys() - known):
        place.wrong(f"does not know {', '.join(unknown)}; there are {', '.join(sorted(known))}.")


def _mapping(place: _Place, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, dict) else place.wrong("is not a table.")


def _text(place: _Place, entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        place.wrong(f"needs {key}, a text.")
    return value


def _flag(place: _Place, entry: Mapping[str, Any], key: str) -> bool:
    value = entry[key]
    return value if isinstance(value, bool) else place.wrong(f"{key} is true or false.")


def _words(place: _Place, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(_text(place, entry, key).split())


def _lines(place: _Place, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    lines = (line.strip() for line in _text(place, entry, key).splitlines())
    return tuple(line for line in lines if line)


def _confidence(place: _Place, entry: Mapping[str, Any]) -> float:
    value = entry.get("confidence", NAME)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        place.wrong("confidence is a number above 0, at most 1.")
    return float(value)


def _message_phrase(place: _Place, line: str) -> tuple[str, ...]:
    """`login failed … timeout` is two parts in this order."""
    parts = tuple(part.strip() for part in line.split(_GAP))
    if line != line.lower() or len(parts[0]) < _SHORTEST_PHRASE or not all(parts):
        place.wrong(
            f"the phrase {line!r} needs lower case and {_SHORTEST_PHRASE} letters before a gap."
        )
    return parts


def _name_phrase(place: _Place, line: str) -> tuple[str, ...]:
    if line != line.lower() or len(line.rstrip("*")) < _SHORTEST_NAME:
        place.wrong(f"the phrase {line!r} needs lower case and {_SHORTEST_NAME} letters.")
    return (line,)

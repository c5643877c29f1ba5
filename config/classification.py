"""Turns tables of failures into frozen values; says which entry of which file is wrong."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from config.entries import (
    Place,
    category,
    confidence,
    flag,
    known_keys,
    lines,
    mapping,
    message_phrase,
    name_phrase,
    severity,
    text,
    words,
)
from core.analysis.knowledge import Knowledge, TypeRule
from core.analysis.phrases import Namebook, Phrasebook, PhraseRule
from core.analysis.result import Severity
from core.analysis.verdict import Verdict
from core.errors import Category

CODE, TYPE, VAGUE, UNKNOWN = 0.95, 0.92, 0.5, 0.3
_MARKS = "+-?"
_SECTIONS = {
    "categories": {"meaning", "transient", "severity", "status"},
    "library": {"name", "modules", "complete", "types"},
    "name": {"name", "category", "transient", "confidence", "phrases"},
    "message": {"name", "category", "transient", "confidence", "phrases", "unless"},
}
_STATUSES = range(100, 600)
_FREE = frozenset({"codes", "numbers"})


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
                Place(file, f"[{section}]").wrong(
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
            names=Namebook(self._phrases("name", name_phrase)),
            messages=Phrasebook(self._phrases("message", message_phrase)),
            closed=tuple(
                root
                for place, library in libraries
                if library.get("complete")
                for root in words(place, library, "modules")
            ),
            aliases=MappingProxyType(self._aliases()),
            transients=frozenset(each for each, transient in self._transients.items() if transient),
        )

    def _named(self, section: str) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
        for file, table in self._files:
            for name, entry in mapping(Place(file, f"[{section}]"), table.get(section)).items():
                place = Place(file, f"[{section}.{name}]")
                yield place, name, mapping(place, entry)

    def _listed(self, section: str) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        for file, table in self._files:
            entries = table.get(section, [])
            if not isinstance(entries, list):
                Place(file, f"[{section}]").wrong(f"write it as [[{section}]].")
            for number, entry in enumerate(entries, start=1):
                place = Place(file, f"[[{section}]] {number}")
                known_keys(place, mapping(place, entry), _SECTIONS[section])
                yield place, entry

    def _read_categories(self) -> None:
        for place, name, facts in self._named("categories"):
            known_keys(place, facts, _SECTIONS["categories"])
            found = category(place, name)
            if "transient" in facts:
                self._transients.setdefault(found, flag(place, facts, "transient"))
            if "status" in facts and facts["status"] not in _STATUSES:
                place.wrong("status is an HTTP status, a number.")
            if "severity" in facts:
                self._severities.setdefault(found, severity(place, facts["severity"]))

    def _verdict(self, place: Place, entry: str, *, rule: str, sure: float) -> Verdict:
        """`timeout` as its category says, `timeout-` permanent, `timeout+` transient."""
        key = entry, rule, sure
        if key not in self._verdicts:
            kind = category(place, entry.rstrip(_MARKS))
            transient = self._transients.get(kind, False)
            if entry.endswith(("+", "-")):
                transient = entry.endswith("+")
            self._verdicts[key] = Verdict(kind, transient, sure, rule)
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
                for code in words(place, entries, entry):
                    if code in own:
                        place.wrong(f"{code} is listed twice.")
                    own.add(code)
                    known.setdefault(code, verdict)
        return {system: MappingProxyType(codes) for system, codes in found.items()}

    def _types(
        self, libraries: list[tuple[Place, Mapping[str, Any]]]
    ) -> dict[str, tuple[TypeRule, ...]]:
        found: dict[str, tuple[TypeRule, ...]] = {}
        for place, library in libraries:
            name = text(place, library, "name")
            modules = words(place, library, "modules")
            types = mapping(place, library.get("types"))
            own: set[str] = set()
            for entry in types:
                sure = VAGUE if entry.endswith("?") else TYPE
                if entry.rstrip(_MARKS) == Category.UNKNOWN:
                    sure = UNKNOWN
                rule = TypeRule(
                    modules, self._verdict(place.at(name), entry, rule=f"type:{name}", sure=sure)
                )
                for kind in words(place, types, entry):
                    if kind in own:
                        place.at(name).wrong(f"{kind} is listed twice.")
                    own.add(kind)
                    found[kind] = (*found[kind], rule) if kind in found else (rule,)
        return found

    def _phrases(
        self, section: str, parts: Callable[[Place, str], tuple[str, ...]]
    ) -> Iterator[PhraseRule]:
        for place, entry in self._listed(section):
            name = text(place, entry, "name") if "name" in entry else entry.get("category", "")
            sure = confidence(place, entry)
            verdict = self._verdict(
                place, text(place, entry, "category"), rule=f"{section}:{name}", sure=sure
            )
            if "transient" in entry:
                verdict = verdict._replace(transient=flag(place, entry, "transient"))
            yield PhraseRule(
                phrases=tuple(parts(place, line) for line in lines(place, entry, "phrases")),
                verdict=verdict,
                unless=lines(place, entry, "unless") if "unless" in entry else (),
            )

    def _aliases(self) -> dict[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for file, table in self._files:
            place = Place(file, "[numbers]")
            numbers = mapping(place, table.get("numbers"))
            for system in numbers:
                for pair in words(place, numbers, system):
                    number, mark, name = pair.partition(":")
                    if not mark:
                        place.at(system).wrong(f"{pair!r} is not of the form number:name.")
                    found.setdefault(system, {}).setdefault(number, name)
        return {system: MappingProxyType(names) for system, names in found.items()}

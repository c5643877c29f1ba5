"""Loads what analysis knows of failures from `defaults/classification*.toml` into frozen values."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from core.analysis.knowledge import Knowledge, PhraseRule, TypeRule, Verdict
from core.analysis.result import Severity
from core.errors import Category, ConfigurationError

_CODE_CONFIDENCE = 0.95
_TYPE_CONFIDENCE = 0.92
_VAGUE_CONFIDENCE = 0.5
_NAME_CONFIDENCE = 0.7
_UNKNOWN_CONFIDENCE = 0.3
_MARKS = "+-?"


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """Mendline's own tables, loaded once a process."""
    return knowledge_from(
        categories=_table("classification")["categories"],
        codes=_table("classification_codes"),
        libraries=_table("classification_types")["library"],
        names=_table("classification_names")["name"],
        messages=_table("classification_messages")["message"],
    )


def knowledge_from(
    *,
    categories: Mapping[str, Mapping[str, Any]],
    codes: Mapping[str, Mapping[str, str]],
    libraries: list[dict[str, Any]],
    names: list[dict[str, Any]],
    messages: list[dict[str, Any]],
) -> Knowledge:
    """The tables as values; a category that does not exist is a configuration error."""
    reading = _Reading({_category(name): facts["transient"] for name, facts in categories.items()})
    rules = [reading.phrases(rule, "message") for rule in messages]
    numbers = codes.get("errno_numbers", {})
    return Knowledge(
        severities={
            _category(name): Severity(facts["severity"]) for name, facts in categories.items()
        },
        codes=MappingProxyType(
            {
                system: MappingProxyType(reading.codes(system, table))
                for system, table in codes.items()
                if system != "errno_numbers"
            }
        ),
        types=MappingProxyType(reading.types(libraries)),
        names=tuple(reading.phrases(rule, "name") for rule in names),
        messages=tuple(sorted(rules, key=lambda rule: -rule.verdict.confidence)),
        closed=tuple(
            root for library in libraries if library.get("complete") for root in library["modules"]
        ),
        errno_names=MappingProxyType(dict(numbers)),
        transients=frozenset(
            _category(name) for name, facts in categories.items() if facts["transient"]
        ),
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("config").joinpath("defaults", f"{name}.toml").read_text("utf-8"))


def _category(name: str) -> Category:
    try:
        return Category(name)
    except ValueError as error:
        raise ConfigurationError(f"{name!r} is no category of failures.", category=name) from error


class _Reading:
    """Turns entries of the tables into verdicts; knows which categories are transient as a rule."""

    def __init__(self, transient: Mapping[Category, bool]) -> None:
        self._transient = transient

    def verdict(self, entry: str, rule: str, confidence: float) -> Verdict:
        """`timeout` as its category says, `timeout-` permanent, `timeout+` transient."""
        category = _category(entry.rstrip(_MARKS))
        if category is Category.UNKNOWN:
            confidence = _UNKNOWN_CONFIDENCE
        transient = self._transient.get(category, False)
        if entry.endswith(("+", "-")):
            transient = entry.endswith("+")
        return Verdict(category, transient, confidence, rule)

    def codes(self, system: str, table: Mapping[str, str]) -> dict[str, Verdict]:
        return {
            code: self.verdict(entry, f"{system}:{code}", _CODE_CONFIDENCE)
            for code, entry in table.items()
        }

    def types(self, libraries: Iterable[Mapping[str, Any]]) -> dict[str, tuple[TypeRule, ...]]:
        found: dict[str, tuple[TypeRule, ...]] = {}
        for library in libraries:
            modules = tuple(library["modules"])
            for entry, names in library["types"].items():
                confidence = _VAGUE_CONFIDENCE if entry.endswith("?") else _TYPE_CONFIDENCE
                for name in names:
                    verdict = self.verdict(entry, f"type:{library['name']}.{name}", confidence)
                    found[name] = (*found.get(name, ()), TypeRule(modules, verdict))
        return found

    def phrases(self, rule: Mapping[str, Any], kind: str) -> PhraseRule:
        confidence = float(rule.get("confidence", _NAME_CONFIDENCE))
        verdict = self.verdict(rule["category"], f"{kind}:{rule['category']}", confidence)
        if "transient" in rule:
            verdict = Verdict(verdict.category, bool(rule["transient"]), confidence, verdict.rule)
        phrases = tuple(_parts(phrase) for phrase in rule["phrases"])
        return PhraseRule(phrases, verdict, tuple(rule.get("unless", ())))


def _parts(phrase: str) -> tuple[str, ...]:
    """`login failed … timeout` is two parts in this order."""
    return tuple(part.strip() for part in phrase.split("…")) if "…" in phrase else (phrase,)

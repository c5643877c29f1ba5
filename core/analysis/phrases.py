"""Finds phrases of the tables in what an exception says: the surest phrase that applies wins."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from core.analysis.verdict import Verdict
from core.errors import Category

READ_LENGTH = 1_000
_STARTS = re.compile(r"\b\w")
_BETWEEN = re.compile(r"[^\w'-]+")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
# Phrases are looked up by their first letters, where a word begins: four tell enough of them apart.
_KEY, _WORD_KEY = 4, 3
_PREFIX = "*"
_ADVICE = frozenset({Category.OTHER_TRANSIENT, Category.OTHER_PERMANENT})


class PhraseRule(NamedTuple):
    """Phrases that tell. A phrase is a row of parts in this order, the first at the start of a
    word; `unless` takes the rule back where its words stand in the same sentence.
    """

    phrases: tuple[tuple[str, ...], ...]
    verdict: Verdict
    unless: tuple[str, ...] = ()


class _Entry(NamedTuple):
    """One phrase of the rule of that rank."""

    rank: int
    parts: tuple[str, ...]
    verdict: Verdict
    unless: tuple[str, ...]

    def told(self) -> Verdict:
        """The verdict, naming the phrase that it was found by."""
        phrase = " … ".join(self.parts).strip()
        return self.verdict._replace(rule=f'{self.verdict.rule} "{phrase}"')


class Phrasebook:
    """Rules for messages. The surest rule that applies decides, of equals the first.

    One walk over the words of a message, whatever the number of phrases.
    """

    def __init__(self, rules: Iterable[PhraseRule]) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: -rule.verdict.confidence))
        self._entries: dict[str, list[_Entry]] = {}
        for rank, rule in enumerate(self.rules):
            unless = tuple(map(_spaced, rule.unless))
            for parts in rule.phrases:
                entry = _Entry(rank, parts, rule.verdict, unless)
                self._entries.setdefault(parts[0][:_KEY], []).append(entry)

    def find(self, message: str) -> Verdict | None:
        low = message[:READ_LENGTH].lower().replace("\u2019", "'").replace("\n", " ")
        found: dict[int, _Entry] = {}
        for start in _STARTS.finditer(low):
            at = start.start()
            for entry in self._entries.get(low[at : at + _KEY], ()):
                if entry.rank not in found and _applies(entry, low, at):
                    found[entry.rank] = entry
        return _best(found) if found else None


def _best(found: dict[int, _Entry]) -> Verdict:
    """The surest. Where it is mere advice, the surest that says why stands for the category."""
    first = found[min(found)]
    advice = first.verdict
    if advice.category in _ADVICE:
        for _, other in sorted(found.items()):
            said = other.verdict
            if said.transient is advice.transient and said.category not in _ADVICE:
                return other.told()._replace(confidence=advice.confidence)
    return first.told()


def _applies(entry: _Entry, low: str, at: int) -> bool:
    first, *others = entry.parts
    if not low.startswith(first, at) or not _in_order(others, low, at + len(first)):
        return False
    if not entry.unless:
        return True
    sentence = _spaced(_sentence(low, at))
    return not any(words in sentence for words in entry.unless)


def _in_order(parts: Iterable[str], low: str, at: int) -> bool:
    for part in parts:
        at = low.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _sentence(low: str, at: int) -> str:
    end = low.find(". ", at)
    return low[low.rfind(". ", 0, at) + 1 : end if end >= 0 else len(low)]


def _spaced(text: str) -> str:
    """Only words, each with a space at both ends, so that whole words are found."""
    return f" {_BETWEEN.sub(' ', text).strip()} "


class Namebook:
    """Rules for the words in names of types: `EndpointConnectionError` is "endpoint connection
    error". The first rule with a phrase in the name decides.
    """

    def __init__(self, rules: Iterable[PhraseRule]) -> None:
        self.rules = tuple(rules)
        self._entries: dict[str, list[_Entry]] = {}
        for rank, rule in enumerate(self.rules):
            for (phrase,) in rule.phrases:
                words = _bounded(phrase)
                entry = _Entry(rank, (words,), rule.verdict, rule.unless)
                self._entries.setdefault(words[:_WORD_KEY], []).append(entry)

    def find(self, name: str) -> Verdict | None:
        words = _WORDS.findall(name)
        text = " " + " ".join(words).lower() + " "
        best: _Entry | None = None
        at = 1
        for word in words:
            for entry in self._entries.get(text[at : at + _WORD_KEY], ()):
                if (best is None or entry.rank < best.rank) and text.startswith(entry.parts[0], at):
                    best = entry
            at += len(word) + 1
        return best.told() if best else None


def _bounded(phrase: str) -> str:
    """`throttl*` is the beginning of a word, `pool` a whole one."""
    return phrase.removesuffix(_PREFIX) if phrase.endswith(_PREFIX) else phrase + " "

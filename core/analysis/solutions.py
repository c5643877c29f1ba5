"""Known classes of failures and what to do first about them, ranked for one event."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from core.analysis.chain import told
from core.analysis.classify import classify
from core.analysis.codes import said_codes
from core.analysis.details import Detail, found
from core.analysis.event import Failure, read
from core.analysis.facts import Facts, facts_of
from core.analysis.knowledge import Knowledge
from core.analysis.result import Classification
from core.analysis.verdict import Verdict

PLACE: Final = re.compile(r"\{([a-z_]{1,40})\|([^{}|]{0,200})\}")
MOST: Final = 3
# How much a sign says; further signs add a little.
_CODE, _PHRASE, _TYPE, _KIND, _CATEGORY = 0.95, 0.9, 0.85, 0.7, 0.3
_MORE = 0.01
_DETAILS = (
    Detail(
        "module",
        re.compile(
            r"(?:No module named|Cannot find module|cannot load such file --|Can't locate) "
            r"['\"]?([\w./@-]{1,100})"
        ),
    ),
    Detail("port", re.compile(r"\bport[ =:]{1,2}(\d{2,5})\b|[\w\]:]:(\d{2,5})\b(?!\d)")),
    Detail(
        "host",
        re.compile(
            r"host=['\"]?([\w.-]{1,100})|\b(?:to|resolve|ENOTFOUND|host|for|at) ['\"]?"
            r"([\w-]{1,60}(?:\.[\w-]{1,60}){1,8}|localhost|[\w-]{2,60}(?=:\d))\b"
            r"|^([\w-]{1,60}(?:\.[\w-]{1,60}){1,8}): "
        ),
    ),
    Detail(
        "file",
        re.compile(r": ['\"]([^'\"\n]{1,120})['\"]$|(?:open|stat) ['\"]([^'\"\n]{1,120})"),
    ),
    Detail("attribute", re.compile(r"(?:attribute|property|method) ['\"`]([\w?!]{1,60})")),
    Detail(
        "key", re.compile(r"^['\"]?([\w.-]{1,60})['\"]?$|key not found: :?['\"]?([\w.-]{1,60})")
    ),
    Detail("encoding", re.compile(r"'([\w-]{2,20})' codec")),
    Detail("position", re.compile(r"\b(?:position|char|column) (\d{1,9})\b")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signs:
    """What an entry is known by; any of them will do. `languages` and `unless` narrow it.

    A phrase is a row of parts in this order, in lower case. Kinds are written `database.deadlock`.
    """

    codes: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    phrases: tuple[tuple[str, ...], ...] = ()
    kinds: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Solution:
    """Texts may have places for details of the event: `{host|the server}`, with what stands there
    where the event does not say.
    """

    id: str
    title: str
    explanation: str
    steps: tuple[str, ...]
    sources: tuple[str, ...]
    when: Signs


class Suggestion(NamedTuple):
    """A solution for one event, its places filled in. `because` names the signs that were there."""

    id: str
    title: str
    explanation: str
    steps: tuple[str, ...]
    sources: tuple[str, ...]
    score: float
    because: tuple[str, ...]


class Subject(NamedTuple):
    """What signs are looked for in."""

    facts: Facts
    codes: frozenset[str]
    kind: str
    language: str


def suggested(
    event: Mapping[str, Any],
    knowledge: Knowledge,
    solutions: Iterable[Solution],
    *,
    most: int = MOST,
) -> tuple[Suggestion, ...]:
    """The likeliest first; of equals the more special one."""
    seen = read(event)
    chain = told(seen)
    seen = seen._replace(platform=chain.language or seen.platform)
    classification = classify(seen, chain.failures, knowledge)
    failures = chain.failures or (Failure(value=seen.message),)
    verdict = Verdict(classification.category, classification.transient, 1.0, classification.rule)
    subject = _subject(facts_of(seen, failures, verdict), classification)
    details = {**found(_DETAILS, subject.facts), **dict(classification.context)}
    matches = sorted(_matches(subject, solutions), key=lambda match: -match[1])
    return tuple(
        _filled(solution, details, score, because) for solution, score, because in matches[:most]
    )


def _subject(facts: Facts, classification: Classification) -> Subject:
    said = (f"{system}:{code}" for system, code in said_codes(facts.message))
    codes = {*facts.codes, *said}
    return Subject(
        facts=facts,
        codes=frozenset({*codes, *(code.rpartition(":")[2] for code in codes)}),
        kind=f"{classification.family}.{classification.kind}",
        language=facts.event.platform,
    )


def _matches(
    subject: Subject, solutions: Iterable[Solution]
) -> Iterator[tuple[Solution, float, tuple[str, ...]]]:
    for solution in solutions:
        when = solution.when
        if when.languages and subject.language not in when.languages:
            continue
        if subject.facts.says(when.unless):
            continue
        signs = dict(_signs(subject, when))
        if signs:
            special = _MORE * (len(signs) - 1 + bool(when.languages))
            yield solution, round(min(max(signs.values()) + special, 1.0), 2), tuple(signs)


def _signs(subject: Subject, when: Signs) -> Iterator[tuple[str, float]]:
    for code in sorted(when.codes & subject.codes)[:1]:
        yield f"code {code}", _CODE
    for name in subject.facts.types:
        if name in when.types:
            yield f"type {name}", _TYPE
            break
    for phrase in when.phrases:
        if _in_order(phrase, subject.facts.low):
            yield f"message {' … '.join(phrase)}", _PHRASE
            break
    if subject.kind in when.kinds:
        yield f"kind {subject.kind}", _KIND
    if subject.facts.category in when.categories:
        yield f"category {subject.facts.category}", _CATEGORY


def _in_order(parts: tuple[str, ...], low: str) -> bool:
    at = 0
    for part in parts:
        at = low.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _filled(
    solution: Solution, details: Mapping[str, str], score: float, because: tuple[str, ...]
) -> Suggestion:
    def fill(text: str) -> str:
        return PLACE.sub(lambda place: details.get(place[1]) or place[2], text)

    return Suggestion(
        id=solution.id,
        title=fill(solution.title),
        explanation=fill(solution.explanation),
        steps=tuple(map(fill, solution.steps)),
        sources=solution.sources,
        score=score,
        because=because,
    )

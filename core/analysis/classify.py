"""Decides what kind of failure an event is, and whether trying again can help.

Each piece of evidence (code, type, name, message) gives a verdict with a confidence; the surest
one decides. Causes are asked where the exception that surfaced says little.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from core.analysis.event import ErrorEvent, Failure, read
from core.analysis.evidence import code_verdicts, named, said_verdicts
from core.analysis.families import recognised
from core.analysis.family import facts_of
from core.analysis.knowledge import Knowledge, PhraseRule, TypeRule, Verdict
from core.analysis.result import Classification, Severity
from core.errors import Category

_NOTHING = Verdict(Category.UNKNOWN, transient=False, confidence=0.1, rule="none")
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_TYPED = re.compile(
    r"(?:Uncaught )?([A-Za-z_][\w.]{0,150}(?:Error|Exception|Timeout|Fault|Failure)): (.*)",
    re.DOTALL,
)
_SURE = 0.9
_ASKED = 4
# What is used up for good is told by the message only.
_LIMITED = frozenset({Category.RATE_LIMIT, Category.RESOURCE})
_CAUSE_WEIGHT = 0.85
_FOREIGN_LIBRARY = 0.85
_READ_LENGTH = 1_000
_LOUDER = {
    "fatal": Severity.CRITICAL,
    "info": Severity.INFO,
    "debug": Severity.INFO,
    "log": Severity.INFO,
}
_CALMED = {
    Severity.CRITICAL: Severity.HIGH,
    Severity.HIGH: Severity.MEDIUM,
    Severity.MEDIUM: Severity.LOW,
}


def classify(
    event: ErrorEvent, failures: tuple[Failure, ...], knowledge: Knowledge
) -> Classification:
    surfaced = failures[-1] if failures else Failure(value=event.message)
    failures = (*failures[:-1], surfaced if surfaced.type else _told_by(surfaced))
    verdict = _first(event, failures[-1], knowledge)
    for cause in failures[-2 : -1 - _ASKED : -1]:
        if verdict.confidence >= _SURE:
            break
        verdict = max(
            verdict, _of_cause(_of_failure(cause, event.platform, knowledge)), key=_confidence
        )
    recognition = recognised(facts_of(event, failures, verdict))
    return Classification(
        category=verdict.category,
        family=recognition.family,
        transient=verdict.transient,
        severity=_severity(verdict, event.level, knowledge),
        confidence=round(verdict.confidence, 3),
        rule=verdict.rule,
        context=recognition.context,
    )


def _told_by(failure: Failure) -> Failure:
    """The failure in a bare message, which often starts with the type."""
    prefix = _TYPED.match(failure.value)
    return failure._replace(type=prefix[1], value=prefix[2]) if prefix else failure


def _first(event: ErrorEvent, surfaced: Failure, knowledge: Knowledge) -> Verdict:
    """The exception that surfaced, with what the client told of the whole event."""
    told: list[Verdict] = list(code_verdicts(knowledge, event.code, surfaced.module))
    if event.http_status is not None and (
        by_status := knowledge.code("http", str(event.http_status))
    ):
        told.append(by_status)
    return max((*told, _of_failure(surfaced, event.platform, knowledge)), key=_confidence)


def _confidence(verdict: Verdict) -> float:
    return verdict.confidence


def _of_cause(verdict: Verdict) -> Verdict:
    weight = verdict.confidence * _CAUSE_WEIGHT
    return Verdict(verdict.category, verdict.transient, weight, f"cause {verdict.rule}")


def _of_failure(failure: Failure, platform: str, knowledge: Knowledge) -> Verdict:
    """Without a module the platform says which language's type of that name is meant."""
    name, module, code = named(failure.type, failure.module)
    by_type = _by_type(knowledge, name, module or platform)
    limited = by_type.transient and by_type.category in _LIMITED
    if by_type.confidence >= _SURE and not (failure.code or code or limited):
        return by_type
    others = list(_others(failure, code, module, knowledge))
    for other in others:
        if limited and other.category is by_type.category and not other.transient:
            return other
    return max((by_type, *others), key=_confidence)


def _others(failure: Failure, code: str, module: str, knowledge: Knowledge) -> Iterator[Verdict]:
    for stated in (failure.code, code):
        yield from code_verdicts(knowledge, stated, module)
    if failure.value:
        yield from said_verdicts(knowledge, failure.value)
        found = _by_message(knowledge.messages, failure.value)
        if found and not (found.transient and _is_closed(knowledge, module)):
            yield found


@lru_cache(maxsize=8_192)
def _by_type(knowledge: Knowledge, name: str, module: str) -> Verdict:
    """The type in its library, else the type anywhere, else the words of its name."""
    rules = knowledge.types.get(name, ())
    for rule in rules:
        if _lives_in(module, rule.modules):
            return rule.verdict
    closed = _is_closed(knowledge, module)
    found = [_elsewhere(rule) for rule in rules]
    service = knowledge.code("service", name)
    if service:
        found.append(Verdict(service.category, service.transient, _SURE, f"service:{name}"))
    if not found:
        found = _by_name(knowledge.names, name)
    if closed:
        found = [_not_listed(verdict) for verdict in found] or [_not_listed(_NOTHING)]
    return max(found, key=_confidence, default=_NOTHING)


def _elsewhere(rule: TypeRule) -> Verdict:
    known = rule.verdict
    return Verdict(known.category, known.transient, known.confidence * _FOREIGN_LIBRARY, known.rule)


def _not_listed(verdict: Verdict) -> Verdict:
    """A library that lists all it may repeat does not list this."""
    category = (
        Category.OTHER_PERMANENT if verdict.transient or verdict is _NOTHING else verdict.category
    )
    return Verdict(
        category,
        transient=False,
        confidence=max(verdict.confidence, 0.8),
        rule=f"{verdict.rule} (not listed)",
    )


def _lives_in(module: str, roots: Iterable[str]) -> bool:
    return any(module == root or module.startswith(root + ".") for root in roots)


def _is_closed(knowledge: Knowledge, module: str) -> bool:
    return bool(module) and _lives_in(module, knowledge.closed)


def _by_name(rules: tuple[PhraseRule, ...], name: str) -> list[Verdict]:
    words = " " + " ".join(_WORDS.findall(name)).lower() + " "
    for rule in rules:
        if any(" " + part in words for phrase in rule.phrases for part in phrase):
            return [rule.verdict]
    return []


def _by_message(rules: tuple[PhraseRule, ...], message: str) -> Verdict | None:
    """The surest rule with a phrase in the message; rules come sorted, the surest first."""
    low = message[:_READ_LENGTH].lower().replace("\u2019", "'")
    for rule in rules:
        for phrase in rule.phrases:
            if phrase[0] in low and (len(phrase) == 1 or _in_order(phrase, low)):
                if any(word in low for word in rule.unless):
                    break
                return rule.verdict
    return None


def _in_order(parts: tuple[str, ...], low: str) -> bool:
    at = 0
    for part in parts:
        at = low.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _severity(verdict: Verdict, level: str, knowledge: Knowledge) -> Severity:
    """By category, and by what the client thinks of it: `fatal` is louder, `warning` a step
    calmer.
    """
    usual = knowledge.severities.get(verdict.category, Severity.MEDIUM)
    if level == "warning":
        return _CALMED.get(usual, usual)
    return _LOUDER.get(level, usual)


def of_record(record: Mapping[str, Any], knowledge: Knowledge) -> Classification:
    """A failure told by its bare facts: `type`, `module`, `message`, `code`, `http_status`, any
    of them.
    """
    value = {
        "type": record.get("type"),
        "value": record.get("message"),
        "module": record.get("module"),
    }
    event = read({**record, "message": None, "exception": value})
    failures = event.failures or (Failure(),)
    return classify(event, failures, knowledge)

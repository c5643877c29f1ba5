"""Decides what kind of failure an event is, and whether trying again can help.

Each piece of evidence (code, type, name, message) gives a verdict with a confidence; the surest
one decides. Causes are asked where the exception that surfaced says little.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from core.analysis.event import ErrorEvent, Failure, read
from core.analysis.evidence import code_verdicts, condition, named, said_verdicts
from core.analysis.facts import facts_of
from core.analysis.families import recognised
from core.analysis.knowledge import Knowledge, TypeRule
from core.analysis.result import Classification, Severity
from core.analysis.verdict import Verdict
from core.errors import Category

_NOTHING = Verdict(Category.UNKNOWN, transient=False, confidence=0.1, rule="none")
_TYPED = re.compile(
    r"(?:Uncaught )?([A-Za-z_][\w.]{0,150}(?:Error|Exception|Timeout|Fault|Failure)): (.*)",
    re.DOTALL,
)
_SURE = 0.9
_ASKED = 4
# What is used up for good, set up wrongly or refused is told by the message only.
_DOUBTED = {
    Category.RATE_LIMIT: frozenset({Category.RATE_LIMIT}),
    Category.RESOURCE: frozenset({Category.RESOURCE}),
    Category.CONNECTION: frozenset({Category.CONFIG, Category.AUTH}),
}
_CAUSE_WEIGHT = 0.85
_FOREIGN_LIBRARY = 0.85
# The same type by the custom of another language, and services' codes as types.
_TWINS = {"Error": "Exception", "Exception": "Error"}
_ENDINGS = ("Exception", "Error", "Fault")
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
    failures = (*failures[:-1], _told_by(surfaced))
    verdict = _first(event, failures[-1], knowledge)
    for cause in failures[-2 : -1 - _ASKED : -1]:
        if verdict.confidence >= _SURE:
            break
        verdict = max(
            verdict, _of_cause(_of_failure(cause, event.platform, knowledge)), key=_confidence
        )
    recognition = recognised(facts_of(event, failures, verdict), transient=verdict.transient)
    return Classification(
        category=verdict.category,
        family=recognition.family,
        transient=verdict.transient,
        severity=recognition.kind.severity or _severity(verdict, event.level, knowledge),
        confidence=round(verdict.confidence, 3),
        rule=verdict.rule,
        context=recognition.context,
        kind=recognition.kind.name,
        code=recognition.code,
        http_status=recognition.kind.status,
        proposal=recognition.proposal,
    )


def _told_by(failure: Failure) -> Failure:
    """The failure in a bare message, which often starts with the type; or in a type that somebody
    printed with its arguments.
    """
    if failure.type:
        name, opened, said = failure.type.partition("(")
        name = name.strip()
        if not opened or not name:
            return failure
        return failure._replace(type=name, value=f"{said.rstrip(')')} {failure.value}".strip())
    prefix = _TYPED.match(failure.value)
    return failure._replace(type=prefix[1], value=prefix[2]) if prefix else failure


def _first(event: ErrorEvent, surfaced: Failure, knowledge: Knowledge) -> Verdict:
    """The exception that surfaced, with what the client told of the whole event."""
    told: list[Verdict] = list(code_verdicts(knowledge, event.code, surfaced.module))
    if event.http_status is not None and (
        by_status := knowledge.code("http", str(event.http_status))
    ):
        told.append(by_status.weighed(1.0, f"http:{event.http_status}"))
    return max((*told, _of_failure(surfaced, event.platform, knowledge)), key=_confidence)


def _confidence(verdict: Verdict) -> float:
    return verdict.confidence


def _of_cause(verdict: Verdict) -> Verdict:
    return verdict.weighed(_CAUSE_WEIGHT, f"cause {verdict.rule}")


def _of_failure(failure: Failure, platform: str, knowledge: Knowledge) -> Verdict:
    """Without a module the platform says which language's type of that name is meant."""
    name, module, code = named(failure.type, failure.module)
    by_type = _by_type(knowledge, name, module or platform)
    doubt = _DOUBTED.get(by_type.category) if by_type.transient else None
    if by_type.confidence >= _SURE and not (failure.code or code or doubt):
        return by_type
    others = list(_others(failure, code, module, knowledge))
    for other in others:
        if doubt and other.category in doubt and not other.transient:
            return other
    return max((by_type, *others), key=_confidence)


def _others(failure: Failure, code: str, module: str, knowledge: Knowledge) -> Iterator[Verdict]:
    for stated in (failure.code, code):
        yield from code_verdicts(knowledge, stated, module)
    if failure.value:
        yield from said_verdicts(knowledge, failure.value)
        found = knowledge.messages.find(failure.value)
        if found and not (found.transient and _is_closed(knowledge, module)):
            yield found


@lru_cache(maxsize=8_192)
def _by_type(knowledge: Knowledge, name: str, module: str) -> Verdict:
    """The type in its library, else the type anywhere, else the words of its name."""
    name, rules = _rules_for(knowledge, name)
    for rule in rules:
        if _lives_in(module, rule.modules):
            return _of_type(rule, name)
    if by_condition := condition(knowledge, name, module):
        return by_condition
    found = [_of_type(rule, name).weighed(_FOREIGN_LIBRARY) for rule in rules]
    if by_code := _by_service(knowledge, name):
        found.append(by_code)
    if by_words := knowledge.names.find(name):
        found.append(by_words)
    if _is_closed(knowledge, module):
        found = [_not_listed(verdict) for verdict in found or [_NOTHING]]
    return max(found, key=_confidence, default=_NOTHING)


def _rules_for(knowledge: Knowledge, name: str) -> tuple[str, tuple[TypeRule, ...]]:
    """What the tables know by this name, or by the name that another language gives it."""
    if name in knowledge.types:
        return name, knowledge.types[name]
    for ending, other in _TWINS.items():
        twin = name.removesuffix(ending) + other
        if name.endswith(ending) and twin in knowledge.types:
            return twin, knowledge.types[twin]
    return name, ()


def _of_type(rule: TypeRule, name: str) -> Verdict:
    return rule.verdict.weighed(1.0, f"{rule.verdict.rule}.{name}")


def _by_service(knowledge: Knowledge, name: str) -> Verdict | None:
    """Services give their codes the names of types, some of them with an ending."""
    for code in (name, *(name.removesuffix(ending) for ending in _ENDINGS)):
        if found := knowledge.code("service", code):
            return Verdict(found.category, found.transient, _SURE, f"service:{code}")
    return None


def _not_listed(verdict: Verdict) -> Verdict:
    """A library that lists all it may repeat does not list this."""
    vague = verdict.transient or verdict is _NOTHING
    return Verdict(
        category=Category.OTHER_PERMANENT if vague else verdict.category,
        transient=False,
        confidence=max(verdict.confidence, 0.8),
        rule=f"{verdict.rule} (not listed)",
    )


def _lives_in(module: str, roots: Iterable[str]) -> bool:
    return any(module == root or module.startswith(root + ".") for root in roots)


def _is_closed(knowledge: Knowledge, module: str) -> bool:
    return bool(module) and _lives_in(module, knowledge.closed)


def _severity(verdict: Verdict, level: str, knowledge: Knowledge) -> Severity:
    """By category, and by what the client thinks of it: `fatal` is louder, `warning` a step
    calmer.
    """
    usual = knowledge.severities.get(verdict.category, Severity.MEDIUM)
    if level == "warning":
        return _CALMED.get(usual, usual)
    return _LOUDER.get(level, usual)


def of_record(record: Mapping[str, Any], knowledge: Knowledge) -> Classification:
    """A failure told by its bare facts."""
    event = read(event_of(record))
    failures = event.failures or (Failure(),)
    return classify(event, failures, knowledge)


def event_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """An event from `type`, `module`, `message`, `code`, `http_status`, any of them."""
    value = {
        "type": record.get("type"),
        "value": record.get("message"),
        "module": record.get("module"),
    }
    return {**record, "message": None, "exception": value}

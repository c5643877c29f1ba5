"""From a rule as people wrote it to its normal form, and to all that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from core.alerts.condition import Condition, Measure, Metric, Particular
from core.alerts.conditions import conditions
from core.alerts.entry import Entry, Lines, NoLines, meant
from core.alerts.rule import RESERVED, Matcher, Rule, Side, Step
from core.alerts.state import ORDER, Escalation, NoData, Terms
from core.alerts.units import quantity
from core.analysis.result import Severity
from core.analysis.rules.problem import Problem
from core.errors import UnprocessableError

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,149}")
LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}")
SEVERITIES: Final = tuple(str(each) for each in Severity)
USUAL: Final = Severity.MEDIUM
KEYS: Final[Mapping[str, str]] = {
    "name": "what the alert is called; one rule has it",
    "project": "name of a project; without it the rule is about all of them",
    "measure": "what is measured, as `component.failure_ratio`",
    "over": "the time that is looked back on",
    "by": "labels that make a series; each series has an alert of its own",
    "with": "options of the measure",
    "where": "labels that a series must have: texts with `*`, `!` before what it must not be",
    "above": "a number, or a number for each severity: bad beyond it",
    "at_least": "the same: bad from it on",
    "below": "the same: bad under it",
    "at_most": "the same: bad from it down",
    "severity": "of a single number: critical, high, medium (usual), low or info",
    "clears": "where an alert that is on is over; without it, at the first number",
    "for": "how long it must be so before the alert fires",
    "keep": "how long it must be over before the alert is resolved",
    "reopen": "what fires again within this time is the same episode; usually 5m",
    "no_data": "of a series that tells nothing: ok (usual), keep or alert",
    "escalate": "steps, each `after` a time without acknowledgement, to a `severity`",
    "labels": "more labels, to route by",
    "annotations": "texts for people, with `{value}`, `{why}` and `{label}`",
    "owner": "who looks after it",
    "runbook": "a link to what to do",
    "enabled": "false for a rule that rests",
}
_NEVER: Final = timedelta(0)


class RuleError(UnprocessableError):
    """A rule of alerts that cannot be used."""

    code = "ML-VAL-0070"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = [problem for problem in problems if problem.fatal]
        lines = "\n".join(map(str, self.problems))
        told = [problem._asdict() for problem in self.problems]
        super().__init__(f"These rules cannot be used.\n{lines}", problems=told)


class Found(NamedTuple):
    """What a rule measures, and the condition that does it."""

    condition: Condition
    metric: Metric
    measure: Measure


_KNOWN: Final = conditions()


def rule(body: Mapping[str, Any]) -> Rule:
    """Of what was checked when it was stored; else `RuleError`."""
    problems: list[Problem] = []
    found = read(Entry(body, (), lines=NoLines(), problems=problems))
    if found is None:
        raise RuleError(problems)
    return found


def of_document(body: Any, lines: Lines) -> tuple[Rule | None, list[Problem]]:
    problems: list[Problem] = []
    return read(Entry(body, (), lines=lines, problems=problems)), problems


def read(entry: Entry) -> Rule | None:
    """None for a rule with a mistake, which the entry's problems tell."""
    before = len([problem for problem in entry.problems if problem.fatal])
    entry.only(KEYS)
    name = entry.text("name")
    entry.name(f"rule {name!r}" if name else "a rule without a name")
    if name and NAME.fullmatch(name) is None:
        entry.fail("Its name is not allowed.", "Take letters, digits, spaces and _.:/-", "name")
    found = _measured(entry)
    made = None if found is None else _rule(entry, name, found)
    failed = len([problem for problem in entry.problems if problem.fatal]) > before
    return None if failed else made


def _rule(entry: Entry, name: str, found: Found) -> Rule:
    side, ladder = _ladder(entry, found.metric)
    return Rule(
        name=name,
        measure=found.measure,
        metric=found.metric,
        side=side,
        ladder=ladder,
        where=_where(entry, found),
        clears=_clears(entry, side, ladder, found.metric),
        terms=_terms(entry),
        labels=_labels(entry, found),
        annotations=_texts(entry.below("annotations")),
        owner=entry.text("owner") if "owner" in entry else None,
        runbook=entry.text("runbook") if "runbook" in entry else None,
        enabled=entry.flag("enabled", default=True),
    )


def _measured(entry: Entry) -> Found | None:
    kind, _, name = entry.text("measure").partition(".")
    condition = _KNOWN.get(kind)
    metric = condition.metrics.get(name) if condition else None
    if condition is None or metric is None:
        names = [f"{one.kind}.{each}" for one in _KNOWN.values() for each in one.metrics]
        entry.fail("There is no such measure.", meant(f"{kind}.{name}", names), "measure")
        return None
    by = tuple(sorted(entry.texts("by"))) if "by" in entry else tuple(sorted(condition.by))
    for each in set(by) - set(condition.labels):
        entry.fail(f"{kind!r} has no label {each!r}.", meant(each, condition.labels), "by")
    over = entry.span("over", condition.over)
    if condition.over and not over:
        entry.fail("'over' is no time.", "Write at least 1s.", "over")
    if "over" in entry and not condition.over:
        entry.say(f"{kind!r} is looked at as it is now.", "Leave 'over' out.", "over")
    measure = Measure(kind, name, over, by, _options(entry, condition))
    wrong = condition.wrong(measure) if isinstance(condition, Particular) else None
    if wrong:
        entry.fail(f"Its options make no sense: {wrong}.", "See what the condition takes.", "with")
    return Found(condition, metric, measure)


def _options(entry: Entry, condition: Condition) -> tuple[tuple[str, Any], ...]:
    given = entry.below("with")
    given.only(condition.options)
    for name in condition.options.keys() - given.table.keys():
        if name == condition.kind:
            what = f"Which {name} is meant is not said."
            entry.fail(what, f"Write with: {{{name}: …}}.", "with")
    values = tuple(sorted(given.table.items()))
    for name, value in values:
        if not isinstance(value, str | int | float):
            given.fail(f"{name!r} is {value!r}.", "Write a text or a number.", name)
    return tuple(each for each in values if isinstance(each[1], str | int | float))


def _ladder(entry: Entry, metric: Metric) -> tuple[Side, tuple[Step, ...]]:
    sides = [side for side in Side if side in entry]
    if len(sides) != 1:
        entry.fail("It has not exactly one threshold.", f"Write one of {', '.join(Side)}.")
        return Side.ABOVE, (Step(USUAL, 0.0),)
    side, key = sides[0], sides[0].value
    convert = partial(quantity, unit=metric.unit)
    if not isinstance(entry.table[side], Mapping):
        severity = entry.choice("severity", SEVERITIES, str(USUAL))
        return side, (Step(severity, entry.read(key, convert, 0.0)),)
    if "severity" in entry:
        entry.fail("It has severities twice.", f"They stand below {key!r}.", "severity")
    steps = entry.below(key)
    steps.only(SEVERITIES)
    ladder = [Step(each, steps.read(each, convert, 0.0)) for each in steps.table if each in ORDER]
    ladder.sort(key=lambda step: ORDER[step.severity])
    _check_order(entry, side, ladder)
    return side, tuple(ladder) or (Step(USUAL, 0.0),)


def _check_order(entry: Entry, side: Side, ladder: Sequence[Step]) -> None:
    values = [step.threshold for step in ladder]
    if values != sorted(values, reverse=not side.upwards) or len(set(values)) < len(values):
        what = "A worse severity does not have a worse threshold."
        entry.fail(what, "Give each severity a number that is further out.", side)
    if not ladder:
        entry.fail(f"{side.value!r} has no number.", "Write severity: number below it.", side)


def _clears(entry: Entry, side: Side, ladder: Sequence[Step], metric: Metric) -> float | None:
    if "clears" not in entry:
        return None
    found = entry.read("clears", partial(quantity, unit=metric.unit), ladder[0].threshold)
    first = ladder[0].threshold
    if (found > first) if side.upwards else (found < first):
        what = "'clears' lies beyond the threshold."
        entry.fail(what, "Alerts would flap: put it on the good side.", "clears")
    return found


def _where(entry: Entry, found: Found) -> tuple[Matcher, ...]:
    given = entry.below("where")
    for label in given.table:
        if label not in found.measure.by:
            what = f"The series have no label {label!r}."
            given.fail(what, meant(str(label), found.measure.by), str(label))
    matchers = []
    for label in given.table:
        texts = given.texts(label)
        wanted = tuple(each for each in texts if not each.startswith("!"))
        unwanted = tuple(each[1:] for each in texts if each.startswith("!"))
        matchers.append(Matcher(label, wanted, unwanted))
    if "project" in entry and "project" in found.measure.by:
        matchers.append(Matcher("project", (entry.text("project"),)))
    elif "project" in entry:
        entry.fail("Its series belong to no project.", "Leave 'project' out, or out of no 'by'.")
    return tuple(matchers)


def _terms(entry: Entry) -> Terms:
    steps = tuple(map(_escalation, entry.each("escalate")))
    times = [step.after for step in steps]
    if times != sorted(times):
        entry.fail("Its steps are not in order.", "Put the earliest first.", "escalate")
    return Terms(
        wait=entry.span("for", _NEVER),
        keep=entry.span("keep", _NEVER),
        reopen=entry.span("reopen", Terms().reopen),
        no_data=NoData(entry.choice("no_data", NoData, str(NoData.OK))),
        escalate=steps,
    )


def _escalation(step: Entry) -> Escalation:
    step.only(("after", "severity"))
    if "after" not in step:
        step.fail("It does not say after which time.", "Write after: 15m.")
    severity = step.choice("severity", SEVERITIES) if "severity" in step else None
    return Escalation(step.span("after", _NEVER), severity)


def _labels(entry: Entry, found: Found) -> dict[str, str]:
    given = entry.below("labels")
    for name in given.table:
        if LABEL.fullmatch(str(name)) is None or name in RESERVED:
            given.fail(f"{name!r} cannot be a label.", "Take another name.", str(name))
        elif name in found.measure.by:
            given.fail(f"{name!r} is a label of its series.", "Take another name.", str(name))
    return _texts(given)


def _texts(entry: Entry) -> dict[str, str]:
    return {str(name): entry.text(name) for name in entry.table}

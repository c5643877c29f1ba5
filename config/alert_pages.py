"""The reference page of the rule language of alerts, made from what reads it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from config.alerts import COMPONENT, GLOBAL, Threshold, shipped
from core.alerts.condition import Condition, Metric
from core.alerts.conditions import conditions
from core.alerts.reading import KEYS
from core.alerts.rule import Side, Step
from core.alerts.state import FLAPS, FLAPS_WITHIN, Terms, spell
from core.alerts.units import Unit

MEASURES: Final = ("Measure", "What it is", "Unit", "Where nothing was heard")
_HEAD: Final = """# Rules of alerts

Rules stand in the YAML file that `MENDLINE_ALERTS_FILE` names, or are made over
`POST /api/v1/alert-rules`. `mendline alert check FILE` tells every mistake with its line.
In the file they stand below `rules`, or below `alerts`, next to `global` and `components`, which
are thresholds in few words. Other parts of the file tell who hears of alerts. Of rules with one
name the one made over the API holds, then the file's, then the one that is shipped.

```yaml
rules:
  - name: Checkout fails
    measure: component.failure_ratio
    over: 5m
    where: { component: "checkout*" }
    above: { high: 10%, critical: 50% }
    clears: 5%
    for: 1m
    escalate: [{ after: 15m, severity: critical }]
    labels: { team: shop }
    annotations: { summary: "{value} of {component} fails" }
    runbook: https://wiki.example.com/checkout
```

A rule is looked at every two seconds. Each series that its measure finds is judged alone and has an
alert of its own, whose labels are `alertname`, `severity`, those of the rule, and those of the
series. Where `by` makes one series of several, what is counted is added up, a component was heard
of when one of them was, and of other numbers the worst counts.
"""
_NUMBERS: Final = """
## Numbers

Times are written as `90s`, `5m`, `2h`, `7d` or a number of seconds; sizes as `500MB`, `2GiB` or a
number of bytes; shares as `20%` or `0.2`. A window of minutes ends now: of its first minute the
share counts that still lies in it, so that a number neither jumps nor waits for a whole minute.
"""
_LIFE: Final = f"""
## The life of an alert

`inactive` → `pending` (while `for` runs) → `firing` ↔ `acknowledged` → `resolved`. Every change is
kept with its reason. What fires again within `reopen` (usually {spell(Terms().reopen)}) is the same
episode; {FLAPS} times within {spell(FLAPS_WITHIN)}, and it is flapping: it is resolved only after
a calm. What gets worse than what was acknowledged fires again. An alert that a person resolved
stays away until its condition was over once. Minutes in which nobody could look are looked at
afterwards, up to an hour of them, for what is measured over a time; how things stand (queues,
pools, breakers, schedules) is only known now.
"""


def alert_rules_page() -> str:
    parts = [
        _HEAD,
        "\n## Keys\n\n",
        _table(("Key", "What it says"), [(f"`{key}`", about) for key, about in KEYS.items()]),
        _NUMBERS,
        "\n## Measures\n",
        *(_condition(each) for each in conditions().values()),
        "\n## Thresholds in few words\n\n",
        "Below `global` of all projects together, below `components` of one component.\n\n",
        _table(("Where", "Word", "Fires when"), list(_words())),
        "\n## Rules that are shipped\n\n",
        "`mendline alert rules --shipped` prints them as the file that they are.\n\n",
        _table(("Rule", "What it measures", "Fires"), list(_shipped())),
        _LIFE,
    ]
    return "".join(parts)


def _condition(found: Condition) -> str:
    head = f"\n### {found.kind}\n\n{_sentence(found.about)}\n"
    rows = [
        (f"`{found.kind}.{each.name}`", each.about, _unit(each.unit), _unheard(each))
        for each in found.metrics.values()
    ]
    every, usual = (", ".join(f"`{each}`" for each in names) for names in (found.labels, found.by))
    told = [f"Labels: {every}; usually by {usual}."]
    if found.over:
        told.append(f"`over` is usually {spell(found.over)}.")
    if not found.historic:
        told.append("It is known as it is now: minutes that were missed are not caught up.")
    told += [f"`with: {{{name}: …}}`: {about}." for name, about in found.options.items()]
    return f"{head}{' '.join(told)}\n\n{_table(MEASURES, rows)}"


def _unheard(metric: Metric) -> str:
    return "unknown" if metric.empty is None else f"{metric.empty:g}"


def _shipped() -> Iterator[tuple[str, str, str]]:
    """Each shipped rule in the words of its own file."""
    for each in shipped().rules:
        body: Any = each.body
        side = next(str(side) for side in Side if str(side) in body)
        steps = "; ".join(f"{one.severity} {side.replace('_', ' ')} {_limit(body[side], one)}"
                          for one in each.rule.ladder)  # fmt: skip
        over = f" over {body['over']}" if "over" in body else ""
        options = "".join(f", {name} {value}" for name, value in body.get("with", {}).items())
        yield each.rule.name, f"`{body['measure']}`{over}{options}", steps


def _limit(given: Any, step: Step) -> str:
    return str(given[step.severity] if isinstance(given, dict) else given)


def _unit(unit: Unit) -> str:
    return "" if unit in {Unit.COUNT, Unit.NUMBER} else str(unit)


def _words() -> Iterator[tuple[str, str, str]]:
    for where, words in (("global", GLOBAL), ("components", COMPONENT)):
        for word, threshold in words.items():
            yield f"`{where}`", f"`{word}`", _meaning(threshold)


def _meaning(threshold: Threshold) -> str:
    body: Any = threshold.body
    over = f" over {body['over']}" if "over" in body else ""
    side = str(Side(threshold.side)).replace("_", " ")
    return f"`{body['measure']}`{over} is {side} it; {body['severity']}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

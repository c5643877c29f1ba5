"""What one rule makes of the series of its measure and of the alerts that it has: pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from core.alerts.condition import About, Labels, Sample
from core.alerts.panel import Panel
from core.alerts.rule import Rule, fingerprint
from core.alerts.state import ACTIVE, Change, NoData, Seen, Standing, State, step
from core.store.alerts import AnyAlert

# Alerts of one rule that are begun at once; the others of its series wait until these are over.
MOST: Final = 1_000
# Compared with columns, which hold plain texts.
_ON: Final = frozenset(map(str, ACTIVE))
# Of one rule, by the series.
Mine = Mapping[Labels, AnyAlert]
GONE: Final = Seen(False, "", "its rule is gone or rests")
MERGED: Final = Seen(False, "", "its rule sees it as one with another by now")


class Candidate(NamedTuple):
    """A series beyond the threshold that has no living alert."""

    rule: Rule
    series: Labels
    about: About
    seen: Seen
    fingerprint: str
    labels: Mapping[str, str]


class Move(NamedTuple):
    """What becomes of an alert that lives."""

    rule: Rule | None
    alert: AnyAlert
    change: Change
    seen: Seen


class Same(NamedTuple):
    """An alert that stays as it is, with another number than its row says."""

    rule: Rule
    alert: AnyAlert
    value: float


def standing(alert: AnyAlert, *, fires: int = 0) -> Standing:
    return Standing(
        state=State(alert.state),
        severity=alert.severity,
        started_at=alert.started_at,
        state_at=alert.state_at,
        fired_at=alert.fired_at,
        clear_since=alert.clear_since,
        resolved_at=alert.resolved_at,
        dismissed=alert.dismissed,
        flapping=alert.flapping,
        escalation=alert.escalation,
        fires=fires,
    )


def weighed(rule: Rule, panel: Panel, alerts: Mine, now: datetime) -> tuple[list[Move], list[Same]]:
    """Of the alerts that live. Most stay as they are, so that is asked first."""
    moves: list[Move] = []
    same: list[Same] = []
    plain = not rule.terms.escalate
    by_labels, steady = panel.worst(rule.side), rule.steady
    for series, alert in alerts.items():
        sample = by_labels.get(series)
        value = None if sample is None else sample.value
        if (
            value is None
            or not plain
            or alert.state not in _ON
            or alert.clear_since is not None
            or not steady(value, alert.severity)
        ):
            seen = _seen(rule, panel, series, active=alert.state in ACTIVE)
            change = step(standing(alert), seen, rule.terms, now)
            if change is not None:
                moves.append(Move(rule, alert, change, seen))
                continue
        if value is not None and value != alert.value:
            same.append(Same(rule, alert, value))
    return moves, same


def orphaned(alert: AnyAlert, now: datetime, *, rules: Collection[int]) -> Move:
    """Its rule no longer holds, or has another alert of what is one series by now: there is
    nothing that could keep it. `rules` are those that hold.
    """
    plain, seen = standing(alert), MERGED if alert.rule_id in rules else GONE
    new = State.RESOLVED if plain.state in ACTIVE else State.INACTIVE
    if plain.state not in {State.PENDING, *ACTIVE}:
        return Move(None, alert, Change(new=None, values={"dismissed": False}), seen)
    over = {"resolved_at": now, "clear_since": None}
    return Move(None, alert, Change(new=new, reason=seen.why, values=over), seen)


def candidates(rule: Rule, panel: Panel, alerts: Mine) -> Iterator[Candidate]:
    """Series that have no alert yet and are to have one."""
    first = rule.first.threshold
    hits = panel.beyond(rule.side, first, most=MOST + len(alerts))
    if rule.terms.no_data is NoData.ALERT:
        hits = [*hits, *panel.unknown, *_missing(rule, panel)]
    fresh: dict[Labels, Sample] = {}
    for each in hits:
        if each.labels not in alerts:
            fresh.setdefault(each.labels, each)
    for sample in islice(fresh.values(), MOST):
        seen = _judged(rule, sample, active=False)
        labels = rule.labelled(sample.labels, seen.severity)
        yield Candidate(rule, sample.labels, sample.about, seen, fingerprint(labels), labels)


def _seen(rule: Rule, panel: Panel, series: Labels, *, active: bool) -> Seen:
    sample = panel.worst(rule.side).get(series)
    if sample is not None:
        return _judged(rule, sample, active=active)
    if not rule.matches(series):
        return Seen(False, rule.first.severity, "the rule is no longer about it")
    if len(series) < len(rule.measure.by) and _heard(series, panel):
        return Seen(False, rule.first.severity, "it is heard of again")
    return rule.judge(rule.metric.empty, active=active)


def _judged(rule: Rule, sample: Sample, *, active: bool) -> Seen:
    """With what the condition itself says of the value."""
    seen = rule.judge(sample.value, active=active)
    return replace(seen, why=f"{seen.why}: {sample.told}") if sample.told and seen.holds else seen


def _missing(rule: Rule, panel: Panel) -> list[Sample]:
    """The one series that a rule names outright, where nothing is heard of it."""
    names = {matcher.label: matcher.exact for matcher in rule.where}
    if rule.metric.empty is not None or not names or None in names.values():
        return []
    series = tuple((name, names[name] or "") for name in sorted(rule.measure.by) if name in names)
    return [] if _heard(series, panel) else [Sample(series, None)]


def _heard(series: Labels, panel: Panel) -> bool:
    return any(set(series) <= set(sample.labels) for sample in panel.samples)

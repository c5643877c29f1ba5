"""The states of an alert, and what an evaluation makes of them: pure.

    inactive ─▶ pending ─▶ firing ◀─▶ acknowledged
        ▲          │ │       │ ▲            │
        └──────────┘ └───────┼─┼────────────┤
                             ▼ │ (soon)     ▼
                           resolved ◀────────

A rule without `for` goes straight to firing. What fires again soon after it was resolved is the
same episode; what comes back often is flapping, and is resolved only after a longer calm.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.analysis.result import Severity

CALM: Final = timedelta(minutes=10)
FLAPS: Final = 4
FLAPS_WITHIN: Final = timedelta(hours=1)
ORDER: Final = {str(severity): place for place, severity in enumerate(reversed(Severity))}


class State(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


LIVE: Final = frozenset({State.PENDING, State.FIRING, State.ACKNOWLEDGED})
ACTIVE: Final = frozenset({State.FIRING, State.ACKNOWLEDGED})


class NoData(StrEnum):
    """What becomes of an alert while its series tells nothing."""

    OK = "ok"
    KEEP = "keep"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Escalation:
    """What happens to an alert that nobody acknowledged in this time."""

    after: timedelta
    severity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long things take. `wait` is the `for` of a rule, `keep` how long an alert stays on."""

    wait: timedelta = timedelta(0)
    keep: timedelta = timedelta(0)
    reopen: timedelta = timedelta(minutes=5)
    no_data: NoData = NoData.OK
    escalate: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the series' last alert stands. `fires` counts how often it fired lately."""

    state: State
    severity: str
    started_at: datetime
    state_at: datetime
    fired_at: datetime | None = None
    clear_since: datetime | None = None
    resolved_at: datetime | None = None
    dismissed: bool = False
    flapping: bool = False
    escalation: int = 0
    fires: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found for the series now. `holds` is none where nothing is known."""

    holds: bool | None
    severity: str
    why: str
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`new` is none where no state changes, only `values`; `anew` begins another episode."""

    new: State | None
    reason: str = ""
    severity: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    anew: bool = False


def step(standing: Standing | None, seen: Seen, terms: Terms, now: datetime) -> Change | None:
    """None where nothing changes."""
    holds = _known(seen, terms)
    if holds is None:
        return None
    if standing is None or standing.state not in LIVE:
        return _begin(standing, seen, terms, now) if holds else _over(standing)
    if standing.state is State.PENDING:
        return _pending(standing, seen, terms, now) if holds else _missed(seen)
    return _active(standing, seen, terms, now) if holds else _calm(standing, seen, terms, now)


def _known(seen: Seen, terms: Terms) -> bool | None:
    if seen.holds is not None or terms.no_data is NoData.KEEP:
        return seen.holds
    return terms.no_data is NoData.ALERT


def _begin(last: Standing | None, seen: Seen, terms: Terms, now: datetime) -> Change | None:
    if last is not None and last.dismissed:
        return None
    again = (
        last is not None
        and last.state is State.RESOLVED
        and last.resolved_at is not None
        and now - last.resolved_at <= terms.reopen
    )
    anew = last is not None and last.state is State.RESOLVED and not again
    fresh: dict[str, Any] = {"resolved_at": None, "clear_since": None, "dismissed": False}
    if not again:
        fresh |= {"started_at": now}
    if terms.wait and not again:
        reason = f"{seen.why}; fires if so for {spell(terms.wait)}"
        return Change(
            new=State.PENDING, reason=reason, severity=seen.severity, values=fresh, anew=anew
        )
    fires = (last.fires if last else 0) + 1
    flapping = again and fires >= FLAPS
    reason = f"{seen.why}; again within {spell(terms.reopen)}" if again else seen.why
    values = fresh | {"fired_at": now, "flapping": flapping, "escalation": 0}
    return Change(
        new=State.FIRING,
        reason=f"{reason}; flapping" if flapping else reason,
        severity=seen.severity,
        values=values | {"acknowledged_at": None, "acknowledged_by": None},
        anew=anew,
    )


def _over(last: Standing | None) -> Change | None:
    """The condition of a dismissed alert is over: the next time counts."""
    if last is None or not last.dismissed:
        return None
    return Change(new=None, values={"dismissed": False})


def _missed(seen: Seen) -> Change:
    return Change(new=State.INACTIVE, reason=seen.why, values={"clear_since": None})


def _pending(last: Standing, seen: Seen, terms: Terms, now: datetime) -> Change | None:
    if now - last.started_at >= terms.wait:
        reason = f"{seen.why} for {spell(terms.wait)}"
        values = {"fired_at": now, "flapping": False, "escalation": 0}
        return Change(new=State.FIRING, reason=reason, severity=seen.severity, values=values)
    if seen.severity != last.severity:
        return Change(new=None, severity=seen.severity)
    return None


def _active(last: Standing, seen: Seen, terms: Terms, now: datetime) -> Change | None:
    back = {"clear_since": None} if last.clear_since is not None else {}
    aimed = _escalated(seen.severity, last.escalation, terms)
    if ORDER.get(aimed, 0) > ORDER.get(last.severity, 0):
        reason = f"{seen.why}; was {last.severity}"
        return Change(new=State.FIRING, reason=reason, severity=aimed, values=back)
    if last.state is State.FIRING and _overdue(last, terms, now):
        return _escalate(last, seen, terms, back)
    if aimed != last.severity:
        reason = f"{seen.why}; was {last.severity}"
        return Change(new=last.state, reason=reason, severity=aimed, values=back)
    return Change(new=None, values=back) if back else None


def _overdue(last: Standing, terms: Terms, now: datetime) -> bool:
    if last.escalation >= len(terms.escalate) or last.fired_at is None:
        return False
    return now - last.fired_at >= terms.escalate[last.escalation].after


def _escalate(last: Standing, seen: Seen, terms: Terms, back: dict[str, Any]) -> Change:
    number = last.escalation + 1
    after = spell(terms.escalate[last.escalation].after)
    return Change(
        new=State.FIRING,
        reason=f"nobody acknowledged it in {after}: escalation {number}",
        severity=_escalated(seen.severity, number, terms),
        values=back | {"escalation": number},
    )


def _escalated(severity: str, number: int, terms: Terms) -> str:
    """The highest of what was seen and what the steps taken say."""
    steps = [each.severity for each in terms.escalate[:number] if each.severity]
    return max((severity, *steps), key=lambda each: ORDER.get(each, 0))


def _calm(last: Standing, seen: Seen, terms: Terms, now: datetime) -> Change | None:
    keep = max(terms.keep, CALM) if last.flapping else terms.keep
    since = last.clear_since or now
    if now - since >= keep:
        reason = f"{seen.why} for {spell(keep)}" if keep else seen.why
        values = {"resolved_at": now, "clear_since": None}
        return Change(new=State.RESOLVED, reason=reason, values=values)
    return Change(new=None, values={"clear_since": now}) if last.clear_since is None else None


def spell(span: timedelta) -> str:
    """As people write it in rules: 90s, 5m, 2h."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"

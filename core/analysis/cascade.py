"""Issues that burst together, and which of them came before the others.

1. An issue bursts in a window when it has many more events than such a window usually has.
2. Bursts that begin within minutes of one another are one group.
3. The suspect is the one that began first, is of the kind that others depend on, and shares its
   traces with the others. It is a suspicion with reasons, not a proof.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.analysis.impact import UNUSUAL, usual
from core.errors import Category

FEWEST_EVENTS = 5
FEWEST_ISSUES = 3
# Bursts whose beginnings lie further apart are different groups.
GAP = timedelta(minutes=3)
MOST_MEMBERS = 50

FIRST, DEPENDED_ON, TRACED, COMPONENT = 0.35, 0.35, 0.2, 0.1
# What others stand on, and how likely it takes them down with it.
_FAMILIES: Mapping[str, float] = {
    "database": 1.0, "dependency": 0.9, "cache": 0.8, "rate_limit": 0.4,
}  # fmt: skip
_CATEGORIES: Mapping[str, float] = {
    Category.CONNECTION: 1.0, Category.UNAVAILABLE: 0.8, Category.TIMEOUT: 0.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Burst:
    """One issue in the window: `past` are the counts of earlier windows, `onset` when it began."""

    issue_id: int
    onset: datetime
    events: int
    past: Sequence[int]
    category: str = ""
    family: str | None = None
    component: str | None = None
    traces: frozenset[int] = frozenset()

    @property
    def usual(self) -> float:
        return usual(self.past)[0] if self.past else 0.0


@dataclass(frozen=True, slots=True)
class Member:
    """`suspicion` from 0 to 1, with what it is made of in plain words."""

    burst: Burst
    suspicion: float
    shared_traces: int
    reasons: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Cascade:
    """`members` in the order of suspicion; the first is the suspect, if `confidence` is not 0."""

    members: tuple[Member, ...]
    confidence: float
    reasons: tuple[str, ...]

    @property
    def started_at(self) -> datetime:
        return min(member.burst.onset for member in self.members)


def bursts(events: int, past: Sequence[int]) -> bool:
    """Without a past every beginning is a burst."""
    if events < FEWEST_EVENTS:
        return False
    if not past:
        return True
    middle, spread = usual(past)
    return events > middle + UNUSUAL * spread


def cascades(found: Sequence[Burst]) -> list[Cascade]:
    """Of bursts in one project and window."""
    groups: list[list[Burst]] = []
    for burst in sorted(found, key=lambda burst: (burst.onset, burst.issue_id)):
        if groups and burst.onset - groups[-1][-1].onset <= GAP:
            groups[-1].append(burst)
        else:
            groups.append([burst])
    return [judged(group) for group in groups if len(group) >= FEWEST_ISSUES]


def judged(group: Sequence[Burst]) -> Cascade:
    largest = sorted(group, key=lambda burst: (-burst.events, burst.issue_id))[:MOST_MEMBERS]
    members = sorted(
        (_member(burst, largest) for burst in largest),
        key=lambda member: (-member.suspicion, member.burst.onset, member.burst.issue_id),
    )
    confidence = _confidence(members)
    return Cascade(tuple(members), confidence, _told(members, confidence))


def _member(burst: Burst, group: Sequence[Burst]) -> Member:
    others = [other for other in group if other.issue_id != burst.issue_id]
    reasons: list[str] = []
    shared = sum(bool(burst.traces & other.traces) for other in others)
    parts = (
        FIRST * _earliness(burst, others, reasons),
        DEPENDED_ON * _depended_on(burst, reasons),
        TRACED * _traced(shared, others, reasons),
        COMPONENT * _told_by_others(burst, others, reasons),
    )
    return Member(burst, round(sum(parts), 4), shared, tuple(reasons))


def _earliness(burst: Burst, others: Sequence[Burst], reasons: list[str]) -> float:
    """The share of the others that began later; at the same moment counts half."""
    if not others:
        return 0.0
    later = [other.onset - burst.onset for other in others if other.onset > burst.onset]
    even = sum(other.onset == burst.onset for other in others)
    if later and len(later) + even == len(others):
        seconds = min(later).total_seconds()
        reasons.append(f"It began first, {seconds:.0f} s before the next of {len(others)} others.")
    return (len(later) + even / 2) / len(others)


def _depended_on(burst: Burst, reasons: list[str]) -> float:
    family = _FAMILIES.get(burst.family or "", 0.0)
    category = _CATEGORIES.get(burst.category, 0.0)
    if family or category:
        named = " and ".join(filter(None, (burst.family, burst.category)))
        reasons.append(f"It is of a kind that others depend on: {named}.")
    return (family + category) / 2 if family and category else max(family, category) * 0.7


def _traced(shared: int, others: Sequence[Burst], reasons: list[str]) -> float:
    if shared:
        reasons.append(f"It shares traces with {shared} of {len(others)} other issues.")
    return shared / len(others) if others else 0.0


def _told_by_others(burst: Burst, others: Sequence[Burst], reasons: list[str]) -> float:
    """Alone in its component, while the others are spread over theirs."""
    if not burst.component or any(other.component == burst.component for other in others):
        return 0.0
    reasons.append(f"It is the only one of component {burst.component}.")
    return 1.0


def _confidence(members: Sequence[Member]) -> float:
    """How suspicious the first is, less how close the second comes; 0 names no suspect."""
    first, second = members[0].suspicion, members[1].suspicion
    lead = first - second
    if not lead:
        return 0.0
    return round(first * min(1.0, 0.4 + 2 * lead), 2)


def _told(members: Sequence[Member], confidence: float) -> tuple[str, ...]:
    events = sum(member.burst.events for member in members)
    began = min(member.burst.onset for member in members)
    ended = max(member.burst.onset for member in members)
    minutes = (ended - began).total_seconds() / 60
    said = f"{len(members)} issues with {events} events began within {minutes:.0f} minutes."
    if not confidence:
        return (said, "None of them stands out as the one that came before the others.")
    return (said, *members[0].reasons)

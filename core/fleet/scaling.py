"""How many children a pool is to have: a pure decision, with its reason in words.

1. What an operator has set holds. Where something is not known, nothing changes.
2. Enough children to work off what waits, and what comes meanwhile, within the wanted latency:
   ceil((backlog * service + arrival * service * horizon) / latency), inside the bounds.
3. Up at once, at most to eight times as many, and only where memory and processors have room for
   it; not while nothing gets finished, because then more children are not what is missing.
   Where the bounds end before the load does, the wanted latency is out of reach; that is said,
   once the pool has had the time to do what came before it had grown.
4. Down after a time of low utilisation, one step a pause, and never so far that the rest would be
   busy again: between the two marks nothing moves, so nothing flaps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from core.fleet.load import History, Observation

BUSY_PROCESSORS = 0.95
LEAP = 8  # a step up is to so many times the pool, and shows before the next what it has brought
STEP = 2  # a step down is this part of the pool, so a large one is small again as soon
TRACE = 0.01  # of a child; averages of what is over come to nothing only in the end


class Kind(StrEnum):
    GROW = "grow"
    SHRINK = "shrink"
    STEADY = "steady"
    SET = "set"
    FROZEN = "frozen"
    STUCK = "stuck"
    NO_ROOM = "no_room"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What an operator has set, and who it was."""

    children: int
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a pool may be, over all its hosts; times in seconds.

    `room` is how many children the memory of the hosts has room for, `processors` how many of them
    make sense while all processors are busy.
    `latency` is how long work may wait, `service` the run time of a task before one was seen.
    """

    least: int
    most: int
    room: int
    latency: float
    service: float
    processors: int
    override: Override | None = None
    headroom: float = 1.2
    low: float = 0.6
    high: float = 0.8
    calm: float = 12.0
    pause: float = 6.0
    stuck: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDecision:
    """`wanted` is what the load asks for, whatever the bounds allow; `inputs` what led here."""

    kind: Kind
    target: int
    reason: str
    wanted: int
    inputs: Mapping[str, float | int | None] = field(default_factory=dict)


def decide(seen: Observation, history: History, bounds: Bounds) -> ScaleDecision:
    """`history` includes what was seen."""
    if bounds.override is not None:
        target = min(bounds.override.children, bounds.most)
        return _told(seen, history, bounds, _set(target, bounds.override))
    if not seen.complete:
        missing = _missing(seen)
        told = (Kind.FROZEN, seen.children, f"{missing} cannot be found out; nothing changes")
        return _told(seen, history, bounds, told)
    return _told(seen, history, bounds, _moved(seen, history, bounds))


Told = tuple[Kind, int, str]


def _set(target: int, override: Override) -> Told:
    return Kind.SET, target, f"set to {override.children} by {override.author}"


def _missing(seen: Observation) -> str:
    named = {
        "the children at work": seen.running if seen.busy is not None else None,
        "the work that waits": seen.backlog if seen.oldest is not None else None,
        "what was finished": seen.finished,
    }
    return " and ".join(name for name, value in named.items() if value is None)


def _moved(seen: Observation, history: History, bounds: Bounds) -> Told:
    current, needed = seen.children, demand(seen, history, bounds)
    goal = min(max(needed, bounds.least), bounds.most)
    if current < bounds.least:
        return Kind.GROW, bounds.least, f"the pool has at least {bounds.least}"
    if current > bounds.most:
        return Kind.SHRINK, bounds.most, f"the pool has at most {bounds.most}"
    if goal > current:
        kind, target, reason = _grown(seen, history, bounds, goal)
        beyond = needed > bounds.most and kind is Kind.GROW
        return kind, target, f"{reason}; {_beyond(needed, bounds)}" if beyond else reason
    if needed > bounds.most:
        if seen.at - history.grown_at <= bounds.latency:
            return Kind.STEADY, current, "as many as there may be, and just grown"
        return Kind.OUT_OF_REACH, current, _beyond(needed, bounds)
    return _shrunk(seen, history, bounds, goal)


def _beyond(needed: int, bounds: Bounds) -> str:
    """Late work and no idle child ask for one more than there are: then it is at least so many."""
    told = f"a wait of {bounds.latency:g} s is out of reach"
    return f"{told}: it needs {needed} children, there may be {bounds.most}"


def demand(seen: Observation, history: History, bounds: Bounds) -> int:
    """Children that the load asks for."""
    if seen.backlog is None or seen.oldest is None:
        return seen.children
    service = history.service(bounds.service)
    horizon = bounds.headroom * bounds.latency
    work = seen.backlog * service + history.arrival * service * horizon
    wanted = max(_whole(work / bounds.latency), int(seen.backlog > 0))
    late = seen.oldest > bounds.latency
    busy = history.utilisation(seen.running or seen.children) >= bounds.high
    return max(wanted, seen.children + 1) if late and busy and seen.backlog > 0 else wanted


def _whole(children: float) -> int:
    return ceil(children - TRACE)


def _grown(seen: Observation, history: History, bounds: Bounds, goal: int) -> Told:
    current = seen.children
    waited = seen.at - history.finished_at
    if waited >= max(bounds.stuck, 3 * bounds.service):
        told = f"nothing was finished for {waited:.0f} s although work waits"
        return Kind.STUCK, current, f"{told}; more children would not help"
    ceiling = bounds.processors if _computing(seen) else bounds.most
    if current >= ceiling:
        return Kind.NO_ROOM, current, "the processors are busy; more children would not help"
    target = min(goal, max(LEAP * current, 1), current + max(bounds.room, 0), ceiling)
    if target <= current:
        return Kind.NO_ROOM, current, f"{goal} are wanted, but the memory has no room for more"
    return Kind.GROW, target, f"{seen.backlog:.0f} wait, the first for {seen.oldest:.1f} s"


def _computing(seen: Observation) -> bool:
    return seen.processors is not None and seen.processors >= BUSY_PROCESSORS


def _shrunk(seen: Observation, history: History, bounds: Bounds, goal: int) -> Told:
    current = seen.children
    least = max(goal, min(_whole(history.busy / bounds.high), current))
    target = max(current - ceil(current / STEP), least)
    told = Kind.STEADY, current, "as many as are needed"
    if target >= current or history.low_since is None:
        return told
    quiet = seen.at - max(history.low_since, history.grown_at)
    if quiet < bounds.calm or seen.at - history.changed_at < bounds.pause:
        return told
    return Kind.SHRINK, target, f"little to do for {quiet:.0f} s"


def _told(seen: Observation, history: History, bounds: Bounds, told: Told) -> ScaleDecision:
    kind, target, reason = told
    return ScaleDecision(
        kind=kind,
        target=target,
        reason=reason,
        wanted=demand(seen, history, bounds),
        inputs={
            "children": seen.children,
            "running": seen.running,
            "busy": _rounded(seen.busy),
            "backlog": _rounded(seen.backlog),
            "oldest_seconds": _rounded(seen.oldest),
            "arrivals_per_second": _rounded(history.arrival),
            "seconds_per_task": _rounded(history.service(bounds.service)),
            "utilisation": _rounded(history.utilisation(seen.running or 0)),
            "processors": _rounded(seen.processors),
            "room": bounds.room,
            "least": bounds.least,
            "most": bounds.most,
        },
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

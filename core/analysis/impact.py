"""How much an issue matters now: its rate against its own past, and how far it reaches.

The past is cut into windows as long as the present one. Their median says what is usual, their
median absolute deviation how much that varies: neither follows a single earlier outburst.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import median

# Fewer earlier windows tell nothing.
FEWEST = 3
# So many times the usual spread is no chance.
UNUSUAL = 3.0
# The median absolute deviation of normally distributed values, as a share of their deviation.
NORMAL = 1.4826
# A change by less than this many events is none.
LEAST_CHANGE = 3


class Trend(StrEnum):
    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Rate:
    """Events in the present window, and in the usual one: from `low` to `high` nothing changed."""

    events: int
    usual: float
    spread: float
    low: float
    high: float
    windows: int
    trend: Trend
    reason: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many; the whole is what the project met in the same time."""

    part: float
    whole: float

    @property
    def share(self) -> float:
        return min(self.part / self.whole, 1.0) if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """The largest of the shares says how far an issue reaches, `widest` which one it is."""

    shares: Mapping[str, Share]
    widest: str
    reason: str


def usual(past: Sequence[float]) -> tuple[float, float]:
    """The median, and a spread that is never less than what counting alone brings."""
    middle = float(median(past))
    deviation = float(median([abs(value - middle) for value in past]))
    return middle, max(NORMAL * deviation, sqrt(middle), 1.0)


def rate(events: int, past: Sequence[int]) -> Rate:
    """`past`: the counts of earlier windows since the issue began."""
    if len(past) < FEWEST:
        reason = f"{events} events; {len(past)} earlier windows are too few to compare with."
        return Rate(events, 0.0, 0.0, 0.0, 0.0, len(past), Trend.NEW, reason)
    middle, spread = usual(past)
    margin = max(UNUSUAL * spread, LEAST_CHANGE)
    low, high = max(middle - margin, 0.0), middle + margin
    trend = _trend(events, low, high)
    reason = (
        f"{events} events now; {middle:g} are usual in such a window (median of {len(past)}), "
        f"and from {low:.0f} to {high:.0f} would be no change."
    )
    return Rate(events, middle, spread, low, high, len(past), trend, reason)


def _trend(events: int, low: float, high: float) -> Trend:
    if events > high:
        return Trend.RISING
    return Trend.FALLING if events < low else Trend.STEADY


def blast_radius(shares: Mapping[str, Share]) -> BlastRadius:
    """By what is hit: users, components, environments, …"""
    known = {name: share for name, share in shares.items() if share.whole}
    if not known:
        return BlastRadius(dict(shares), "", "Nothing is known of whom or what it hits.")
    widest = max(known, key=lambda name: (known[name].share, name))
    told = ", ".join(
        f"{share.share:.0%} of the {name} ({share.part:.0f} of {share.whole:.0f})"
        for name, share in known.items()
    )
    return BlastRadius(dict(shares), widest, f"It hits {told} that had failures in that time.")

"""When a breaker changes its state: pure functions from what was counted to the next standing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from core.resilience.breaker.settings import BreakerSettings
from core.resilience.breaker.standing import FORCED, OPENING, TAKES_EFFECT, Standing, State

RAMP_START: Final = 0.1
# In these some process may still let calls through.
PASSING: Final = frozenset({State.CLOSED, State.FORCED_CLOSED}) | OPENING
# Of the rate at which a breaker opens.
CLEARLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Tally:
    """What one reporter has counted within the window."""

    reporter: str
    calls: int = 0
    failures: int = 0
    slow: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.reporter,
            self.calls + other.calls,
            self.failures + other.failures,
            self.slow + other.slow,
        )


@dataclass(frozen=True, slots=True)
class Probes:
    """Of one half-open time: how many came back well or badly, and how many are under way."""

    passed: int = 0
    failed: int = 0
    waiting: int = 0


def total(tallies: Sequence[Tally]) -> Tally:
    return sum(tallies, start=Tally("all"))


def bad(tally: Tally, settings: BreakerSettings) -> str | None:
    """Why these calls are a reason to open, or none."""
    if tally.calls < settings.least_calls:
        return None
    if _reached(tally.failures, tally.calls, settings.threshold, settings.failure_rate):
        return f"{tally.failures} of {tally.calls} calls failed"
    if _reached(tally.slow, tally.calls, settings.threshold, settings.slow_rate):
        return f"{tally.slow} of {tally.calls} calls took longer than {settings.timeout:g} s"
    return None


def _reached(count: int, calls: int, threshold: int, rate: float) -> bool:
    return count >= threshold and count >= rate * calls


def agreed(tallies: Sequence[Tally], settings: BreakerSettings) -> bool:
    """Whether enough reporters see it: one bad node does not open a breaker for all."""
    heard = [tally for tally in tallies if tally.calls]
    sick = [tally for tally in heard if _sick(tally, settings)]
    return len(sick) >= max(1, ceil(settings.quorum * len(heard)))


def _sick(tally: Tally, settings: BreakerSettings) -> bool:
    """One reporter's calls may be few: its share counts, not its number."""
    failing = tally.failures > 0 and tally.failures >= settings.failure_rate * tally.calls
    return failing or (tally.slow > 0 and tally.slow >= settings.slow_rate * tally.calls)


def opened(
    standing: Standing, tallies: Sequence[Tally], settings: BreakerSettings, now: datetime
) -> Standing | None:
    """From closed to opening, if the window says so."""
    if standing.state is not State.CLOSED:
        return None
    why = bad(total(tallies), settings)
    if why is None or not agreed(tallies, settings):
        return None
    ramping = standing.ramp_until is not None and now < standing.ramp_until
    openings = standing.openings if ramping else 0
    return replace(_open(standing, settings, now, openings=openings, why=why), state=State.OPENING)


def in_effect(standing: Standing, now: datetime) -> Standing:
    """What was decided, once nobody can act on what was before. The time to try stays."""
    after = _next(standing, TAKES_EFFECT[standing.state], now, standing.reason)
    return replace(after, retry_at=standing.retry_at, openings=standing.openings)


def outlier(tallies: Sequence[Tally], reporter: str, settings: BreakerSettings) -> str | None:
    """Why this reporter should stop calling by itself, while the others see nothing bad.

    In an outage somebody is the first to see it: the others have to be clearly better off.
    """
    own = sum((tally for tally in tallies if tally.reporter == reporter), start=Tally(reporter))
    others = total([tally for tally in tallies if tally.reporter != reporter])
    well = others.failures < CLEARLY * settings.failure_rate * others.calls
    quick = others.slow < CLEARLY * settings.slow_rate * others.calls
    return bad(own, settings) if well and quick and not agreed(tallies, settings) else None


def probed(
    standing: Standing, probes: Probes, settings: BreakerSettings, now: datetime
) -> Standing | None:
    """One failed probe opens again; it closes once all probes have passed."""
    if standing.state is not State.HALF_OPEN:
        return None
    if probes.failed:
        why = f"{probes.failed} of {probes.passed + probes.failed} probes failed"
        again = _open(standing, settings, now, openings=standing.openings, why=why)
        return _sooner(again, by=2 * (now - standing.since))
    if probes.passed >= settings.probes:
        return replace(
            _next(standing, State.CLOSED, now, f"{probes.passed} probes passed"),
            openings=standing.openings,
            ramp_until=now + timedelta(seconds=settings.ramp_seconds),
        )
    return None


def due(standing: Standing, now: datetime) -> Standing | None:
    """What the time alone changes: an open one is tried, a forced one goes back to counting."""
    if standing.retry_at is None or now < standing.retry_at:
        return None
    if standing.state is State.OPEN:
        why = "the time to try has come"
        return replace(_next(standing, State.HALF_OPEN, now, why), openings=standing.openings)
    if standing.state in FORCED:
        return _next(standing, State.CLOSED, now, "the time of the forced state is over")
    return None


def forced(
    standing: Standing, state: State, now: datetime, *, why: str, until: datetime | None = None
) -> Standing:
    """What an operator wants; closed without force is a reset."""
    if state is State.FORCED_OPEN and standing.state in PASSING:
        state = State.FORCED_OPENING
    return replace(_next(standing, state, now, why), retry_at=until)


def share(standing: Standing, settings: BreakerSettings, now: datetime) -> float:
    """The part of calls that passes a closed breaker: all, or less just after it has closed."""
    if standing.ramp_until is None or now >= standing.ramp_until or not settings.ramp_seconds:
        return 1.0
    left = (standing.ramp_until - now).total_seconds() / settings.ramp_seconds
    return max(RAMP_START, 1.0 - min(left, 1.0))


def _open(
    standing: Standing, settings: BreakerSettings, now: datetime, *, openings: int, why: str
) -> Standing:
    seconds = settings.open_seconds(openings + 1)
    return replace(
        _next(standing, State.OPEN, now, why),
        retry_at=now + timedelta(seconds=seconds),
        openings=openings + 1,
    )


def _sooner(standing: Standing, *, by: timedelta) -> Standing:
    """A probe that fails tells how it was when it began, and the next one takes time, too: without
    both, the other side is in traffic again one reset time after it is well. Half of it stays.
    """
    assert standing.retry_at is not None
    wait = standing.retry_at - standing.since
    return replace(standing, retry_at=standing.since + max(wait - by, wait / 2))


def _next(standing: Standing, state: State, now: datetime, why: str) -> Standing:
    return Standing(standing.name, state, standing.version + 1, now, reason=why)

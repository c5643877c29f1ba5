"""Whether an act has helped: only by evidence, and only after it has lasted for a while.

Silence proves little: failures that come a minute apart are not gone after five quiet seconds. If
they still came as before, none in three times the span between them would be a chance of one in
twenty (e⁻³); so long it has to be quiet where no probe is asked. Where nothing of ours was done
silence proves nothing at all: a caller that gave up is as quiet as one that got through. There a
probe has to say that it is well, or the component itself that a call has succeeded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.recovery.limits import Verification
from core.recovery.probe import Finding

# So much above its baseline the error's own rate counts as back at it.
TOLERANCE: Final = 1.5
# Well and ill in turn, so often, is neither.
FLAPS: Final = 3
# Spans between failures that have to be quiet.
SPANS: Final = 3.0


class Outcome(StrEnum):
    WELL = "well"
    ILL = "ill"
    OPEN = "open"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`failures` since the act, the last of them at `last_failure`; `baseline` is how many a second
    there were in quiet times, `apart` how many seconds lay between them while it failed, if that is
    known. `flaps` counts changes between well and ill so far, `well_since` is when the last of them
    to well was seen. `watched`: nothing was done but to look on; `successes` are those that the
    component has told of since the failures ended.
    """

    now: datetime
    acted_at: datetime
    failures: int
    last_failure: datetime | None
    baseline: float
    finding: Finding | None = None
    well_since: datetime | None = None
    flaps: int = 0
    watched: bool = False
    successes: int = 0
    apart: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`well`: at this very look; the outcome takes longer."""

    outcome: Outcome
    reason: str
    well: bool


def judge(evidence: Evidence, settings: Verification) -> Verdict:
    """1. Nothing is looked at, or it went to and fro too often: ill.
    2. Ill at this look and out of time: ill. 3. Well at this look and for long enough: well.
    4. Well, but out of time before that proves anything: ill. 5. Else it stays open.
    Silence alone, of what was only watched, stays open as well, and is silence in the end.
    """
    if evidence.finding is None and not settings.rate:
        return Verdict(
            Outcome.ILL, "neither a probe nor the rate of errors is looked at", well=False
        )
    trouble = _trouble(evidence, settings)
    over = evidence.now >= evidence.acted_at + timedelta(seconds=settings.within)
    if evidence.flaps >= FLAPS:
        return Verdict(Outcome.ILL, "it is well and ill in turn", well=not trouble)
    if trouble:
        return Verdict(Outcome.ILL if over else Outcome.OPEN, trouble, well=False)
    held, needed = _held(evidence, settings), _needed(evidence, settings)
    if held >= needed:
        return _proven(evidence, f"{held:.0f} s", over=over)
    if over and needed > settings.hold:
        why = f"quiet for {held:.0f} s proves nothing: failures came {evidence.apart:.0f} s apart"
        return Verdict(Outcome.ILL, why, well=True)
    return Verdict(Outcome.OPEN, f"well for {held:.0f} s of {needed:.0f}", well=True)


def _proven(evidence: Evidence, held: str, *, over: bool) -> Verdict:
    if not evidence.watched or evidence.finding is not None:
        return Verdict(Outcome.WELL, f"well for {held}", well=True)
    if evidence.successes:
        told = f"quiet for {held}, and {evidence.successes} calls succeeded"
        return Verdict(Outcome.WELL, told, well=True)
    reason = f"quiet for {held}, and nobody told of a success"
    return Verdict(Outcome.SILENT if over else Outcome.OPEN, reason, well=True)


def _held(evidence: Evidence, settings: Verification) -> float:
    """Seconds, up to now, in which nothing spoke against it."""
    since = evidence.well_since or evidence.now
    if settings.rate and evidence.last_failure is not None and evidence.baseline == 0:
        since = max(since, evidence.last_failure)
    return (evidence.now - since).total_seconds()


def _needed(evidence: Evidence, settings: Verification) -> float:
    """A probe that says that it is well proves more than silence, and so does a success."""
    told = evidence.watched and evidence.successes > 0
    if told or evidence.finding is not None or evidence.apart is None:
        return settings.hold
    return max(settings.hold, SPANS * evidence.apart)


def _trouble(evidence: Evidence, settings: Verification) -> str:
    """What is wrong at this look; empty if nothing is."""
    if evidence.finding is not None and not evidence.finding.healthy:
        return f"the probe says: {evidence.finding.summary}"
    if not settings.rate or evidence.last_failure is None:
        return ""
    quiet = (evidence.now - evidence.last_failure).total_seconds()
    span = max((evidence.now - evidence.acted_at).total_seconds(), 1.0)
    if evidence.baseline > 0 and evidence.failures / span <= evidence.baseline * TOLERANCE:
        return ""
    if quiet >= settings.hold:
        return ""
    return f"{evidence.failures} more of the same, the last {quiet:.0f} s ago"

"""Whether an act has helped: only by evidence, and only after it has lasted for a while."""

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


class Outcome(StrEnum):
    WELL = "well"
    ILL = "ill"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`failures` since the act, the last of them at `last_failure`; `baseline` is how many a second
    there were in quiet times. `flaps` counts changes between well and ill so far, `well_since` is
    when the last of them to well was seen.
    """

    now: datetime
    acted_at: datetime
    failures: int
    last_failure: datetime | None
    baseline: float
    finding: Finding | None = None
    well_since: datetime | None = None
    flaps: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`well`: at this very look; the outcome takes longer."""

    outcome: Outcome
    reason: str
    well: bool


def judge(evidence: Evidence, settings: Verification) -> Verdict:
    """1. Ill at this look and out of time, or to and fro too often: ill.
    2. Well for long enough, and at this look: well. 3. Else it stays open.
    """
    trouble = _trouble(evidence, settings)
    over = evidence.now >= evidence.acted_at + timedelta(seconds=settings.within)
    if evidence.flaps >= FLAPS:
        return Verdict(Outcome.ILL, "it is well and ill in turn", well=not trouble)
    if trouble:
        return Verdict(Outcome.ILL if over else Outcome.OPEN, trouble, well=False)
    since = evidence.well_since or evidence.now
    if settings.rate and evidence.last_failure is not None and evidence.baseline == 0:
        since = max(since, evidence.last_failure)
    held = (evidence.now - since).total_seconds()
    if held >= settings.hold:
        return Verdict(Outcome.WELL, f"well for {held:.0f} s", well=True)
    return Verdict(Outcome.OPEN, f"well for {held:.0f} s of {settings.hold:g}", well=True)


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

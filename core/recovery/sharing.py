"""One cause fails in several places: what was done for one of them is looked at before it is done
again for another.

An act counts for a recovery that has not failed since. As calls that hung through it may fail after
it, it also counts for one that was planned before the act's cool-down was over, and is quiet now.
Each is taken up once: where it has not helped, the recovery goes on with acts of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.model import Recovery, RecoveryAttempt
from core.recovery import recurrence
from core.recovery.considering import SENDING, Considered, aim
from core.recovery.guard import Then
from core.recovery.mode import Mode
from core.recovery.states import Step
from core.store import recovery as rows

# Of an act that failed, was taken back or is under way nothing is to be seen.
_DONE: Final = frozenset({Step.ACTED, Step.VERIFIED})
# A guard that says no altogether is heard first.
_PUT_OFF: Final = frozenset({Then.LATER, Then.ASK})


@dataclass(frozen=True, slots=True)
class Lull:
    """Nothing failed for so many seconds up to now."""

    now: datetime
    seconds: float

    def since(self, moment: datetime) -> bool:
        return (self.now - moment).total_seconds() >= self.seconds


def done_already(
    session: Session, recovery: Recovery, found: Considered, lull: Lull
) -> RecoveryAttempt | None:
    """The same act on the same target for another recovery, after which this one is quiet."""
    decision, refusal = found.decision, found.refusal
    if found.mode in {Mode.REPORT, Mode.SHADOW} or decision.action in SENDING:
        return None
    if refusal is not None and refusal.then not in _PUT_OFF:
        return None
    aimed = aim(decision, recovery.project_id)
    act = rows.last_act(session, aimed, decision.arguments)
    if act is None or act.state not in _DONE or act.acted_at is None:
        return None
    if act.recovery_id == recovery.id or _taken_up(session, recovery, act):
        return None
    _, last = recurrence.failures(session, recovery, act.acted_at)
    if last is None:
        return act
    cool = act.acted_at + timedelta(seconds=found.limits.cooldown)
    return act if recovery.planned_at <= cool and lull.since(last) else None


def _taken_up(session: Session, recovery: Recovery, act: RecoveryAttempt) -> bool:
    """Whether this recovery has looked at that act, or at a later one, before."""
    return any(
        (each.scope, each.target, each.action) == (act.scope, act.target, act.action)
        and each.acted_at is not None
        and act.acted_at is not None
        and each.acted_at >= act.acted_at
        for each in rows.attempts(session, recovery.id)
    )

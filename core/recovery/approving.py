"""What people say to recoveries: yes, no, or do it all the same."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from core.errors import ConflictError, UnprocessableError
from core.model import Recovery, RecoveryAttempt
from core.recovery import changing, orders
from core.recovery.beginning import Beginning
from core.recovery.considering import Consideration
from core.recovery.guard import Refusal
from core.recovery.means import Means
from core.recovery.sighting import Sighting
from core.recovery.situation import Situation
from core.recovery.states import State, Step
from core.store import recovery as rows
from core.store.recovery import Change

ESCALATE: Final = "escalate"
_COPIED: Final = ("strategy", "action", "target", "scope", "arguments", "mode", "timeout", "verify")


class NotWaitingError(ConflictError):
    """The recovery does not wait for a person's word."""

    code = "ML-REC-0001"


class StillRunningError(ConflictError):
    """A recovery of the same is under way."""

    code = "ML-REC-0002"


@dataclass(frozen=True, slots=True)
class Word:
    """`why` is kept with the change of state, and so is `by`."""

    by: str
    why: str


def approve(session: Session, recovery_id: int, word: Word, means: Means) -> Recovery:
    """Orders what waits, if the other guards let it pass now; else it goes on waiting, and the
    last of its attempts says why.
    """
    recovery, waiting = _waiting(session, recovery_id)
    refused = _guarded(session, recovery, waiting, means)
    if refused is not None:
        _note(session, waiting, refused, means)
        return recovery
    now = means.clock.now()
    rows.touch(session, recovery, automatic=False)
    rows.move_attempt(session, waiting, [Step.AWAITING], Step.ORDERED, ordered_at=now, due_at=now)
    changing.change(session, recovery, State.APPROVED, word.why, means=means, actor=word.by)
    means.order(session, orders.attempt(waiting, now, recovery.component))
    reason, acted = f"{waiting.strategy}: {waiting.reason}", recovery.acted + 1
    changing.change(session, recovery, State.ACTING, reason, means=means, acted=acted, due_at=now)
    return recovery


def reject(session: Session, recovery_id: int, word: Word, means: Means) -> Recovery:
    recovery, waiting = _waiting(session, recovery_id)
    now = means.clock.now()
    rows.touch(session, recovery, automatic=False)
    rows.move_attempt(session, waiting, [Step.AWAITING], Step.DROPPED, ended_at=now)
    changing.change(session, recovery, State.REJECTED, word.why, means=means, actor=word.by)
    return recovery


def run(
    session: Session, recovery_id: int, word: Word, means: Means, *, strategy: str | None = None
) -> Recovery:
    """Tries what was only thought of: a new recovery of the same subject.

    What is switched off stays so, and all guards but the question are asked as ever.
    """
    if strategy and strategy not in means.strategies:
        known = ", ".join(sorted(means.strategies))
        raise UnprocessableError(f"There is no strategy {strategy!r}; there are {known}.")
    old = rows.locked(session, recovery_id)
    if old.ended_at is None:
        raise StillRunningError(recovery_id=recovery_id)
    chain = [strategy] if strategy else [each for each in old.chain if each != ESCALATE]
    sighted = Sighting(Situation.of(old.situation), old.first_event_at)
    change = Change(None, State.PLANNED, word.why, word.by)
    made = Beginning(session, means).begin(sighted, chain, rule=old.rule, change=change)
    if made is None:
        raise StillRunningError(recovery_id=recovery_id)
    return rows.get(session, made)


def _waiting(session: Session, recovery_id: int) -> tuple[Recovery, RecoveryAttempt]:
    recovery = rows.locked(session, recovery_id)
    made = rows.attempts(session, recovery_id)
    waiting = next((each for each in made if each.state == Step.AWAITING), None)
    if recovery.state != State.AWAITING_APPROVAL or waiting is None:
        raise NotWaitingError(recovery_id=recovery_id, state=recovery.state)
    return recovery, waiting


def _guarded(
    session: Session, recovery: Recovery, waiting: RecoveryAttempt, means: Means
) -> Refusal | None:
    """As the policy is now; where it has changed meanwhile, what waits is no longer meant."""
    situation = Situation.of(recovery.situation)
    course = Beginning(session, means).course(situation)
    if course is None:
        raise NotWaitingError("No policy is meant for it any more.", recovery_id=recovery.id)
    considering = Consideration(means, situation, course, approved=True)
    return considering.guarded(session, recovery, waiting)


def _note(session: Session, waiting: RecoveryAttempt, refused: Refusal, means: Means) -> None:
    now = means.clock.now()
    values: dict[str, Any] = {name: getattr(waiting, name) for name in _COPIED}
    values |= {"state": Step.REFUSED.value, "guard": refused.guard, "reason": refused.reason}
    rows.attempt(session, waiting.recovery_id, {**values, "at": now, "ended_at": now})

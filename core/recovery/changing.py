"""How a recovery changes its state, ends, and tells of its end."""

from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from core.model import Recovery
from core.recovery.means import Means
from core.recovery.states import ENDED, FOLLOWERS, State
from core.store import recovery as rows
from core.store import signals
from core.store.recovery import Change
from core.store.signals import NewSignal, SignalKind

ENGINE: Final = "recovery"
_TOLD: Final = {
    State.RECOVERED: SignalKind.RECOVERED,
    State.ESCALATED: SignalKind.ESCALATED,
    State.EXPIRED: SignalKind.ESCALATED,
    State.FAILED: SignalKind.ESCALATED,
}

log = structlog.get_logger()


def change(
    session: Session,
    recovery: Recovery,
    new: State,
    reason: str,
    *,
    means: Means,
    actor: str = ENGINE,
    **values: Any,
) -> bool:
    """By compare-and-set. An end is told as a signal, in the same transaction."""
    old, now = State(recovery.state), means.clock.now()
    assert new in FOLLOWERS[old], f"{old} is not followed by {new}"
    if new in ENDED:
        values |= {"ended_at": now, "due_at": None}
    if not rows.move(session, recovery, Change(old, new, reason, actor), now, **values):
        return False
    if new in ENDED:
        _tell(session, recovery, new, now, means)
    return True


def _tell(session: Session, recovery: Recovery, state: State, now: datetime, means: Means) -> None:
    seconds = (now - recovery.first_event_at).total_seconds()
    log.info("recovery.ended", recovery_id=recovery.id, state=str(state), reason=recovery.reason)
    means.observe(
        "ended",
        {
            "state": state.value,
            "category": recovery.category,
            "automatic": recovery.automatic,
            "seconds": seconds,
        },
    )
    kind = _TOLD.get(state)
    if kind is None:
        return
    detail = {
        "recovery_id": str(recovery.id),
        "event_id": recovery.event_id.hex,
        "component": recovery.component,
        "state": state.value,
        "reason": recovery.reason,
        "acted": recovery.acted,
        "seconds": round(seconds, 3),
    }
    told = NewSignal(recovery.project_id, recovery.issue_id, kind, now, detail)
    signals.add(session, [told])

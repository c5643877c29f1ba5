"""Pieces of work that recovery writes into the ledger, each made once."""

from datetime import datetime, timedelta
from typing import Any, Final

from core.model import RecoveryAttempt
from core.recovery.strategy import RESEND
from core.store.work import WorkOrder

QUEUE: Final = "recovery"
ADVANCE: Final = "recovery.advance"
ATTEMPT: Final = "recovery.attempt"
VERIFY: Final = "recovery.verify"
UNDO: Final = "recovery.undo"
# The band that always has a worker of its own.
PRIORITY: Final = 2
# Beyond the time that an action may take.
MARGIN_SECONDS: Final = 30


def attempt(found: RecoveryAttempt, due: datetime, component: str | None) -> WorkOrder:
    """Held with its target, or where work is sent with the component that it goes to; a lease as
    long as the action may take.
    """
    return _order(
        ATTEMPT,
        f"recovery-attempt-{found.id}",
        due,
        attempt_id=found.id,
        target=component if found.action == RESEND else found.target,
        lease=found.timeout,
    )


def undo(found: RecoveryAttempt, due: datetime) -> WorkOrder:
    return _order(UNDO, f"recovery-undo-{found.id}", due, attempt_id=found.id, lease=found.timeout)


def verify(found: RecoveryAttempt, due: datetime, *, look: int) -> WorkOrder:
    key = f"recovery-verify-{found.id}-{look}"
    return _order(VERIFY, key, due, attempt_id=found.id, look=look)


def advance(recovery_id: int, due: datetime) -> WorkOrder:
    """One for each moment: a recovery that was put off twice is looked at twice."""
    key = f"recovery-advance-{recovery_id}-{due.isoformat()}"
    return _order(ADVANCE, key, due, recovery_id=recovery_id)


def _order(
    task: str,
    key: str,
    due: datetime,
    *,
    target: str | None = None,
    lease: float = 0,
    **arguments: Any,
) -> WorkOrder:
    return WorkOrder(
        task,
        arguments,
        QUEUE,
        priority=PRIORITY,
        due_at=due,
        target=target,
        unique_key=key,
        unique_for=timedelta(days=1),
        lease_seconds=int(lease) + MARGIN_SECONDS,
    )

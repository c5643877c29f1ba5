"""Recoveries whose time has come and gone: orders are written again, and questions end.

Rows of the ledger that live are not doubled: this only helps where one of them was lost or died.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.model import Recovery, RecoveryAttempt
from core.recovery import changing, orders
from core.recovery.means import Means
from core.recovery.states import State, Step
from core.store import recovery as rows
from core.store.engine import Database

LATE: Final = timedelta(seconds=60)
SWEPT: Final = 200


def expire(database: Database, means: Means) -> int:
    """Questions that nobody answered in their time; a person is called."""
    now, expired = means.clock.now(), 0
    with database.transaction() as session:
        due = session.scalars(
            select(Recovery.id)
            .where(Recovery.state == State.AWAITING_APPROVAL, Recovery.due_at <= now)
            .where(Recovery.ended_at.is_(None))
            .limit(SWEPT)
        ).all()
    for recovery_id in due:
        with database.transaction() as session:
            expired += _expired(session, recovery_id, means)
    return expired


def rescue(database: Database, means: Means) -> int:
    """How many orders were written again."""
    now, rescued = means.clock.now(), 0
    with database.transaction() as session:
        late = session.scalars(
            select(Recovery.id)
            .where(Recovery.ended_at.is_(None), Recovery.due_at < now - LATE)
            .where(Recovery.state != State.AWAITING_APPROVAL)
            .order_by(Recovery.due_at)
            .limit(SWEPT)
        ).all()
    for recovery_id in late:
        with database.transaction() as session:
            rescued += _rescued(session, recovery_id, means)
    return rescued


def _expired(session: Session, recovery_id: int, means: Means) -> bool:
    recovery, now = rows.locked(session, recovery_id), means.clock.now()
    if recovery.state != State.AWAITING_APPROVAL:
        return False
    for attempt in rows.attempts(session, recovery.id):
        rows.move_attempt(session, attempt, [Step.AWAITING], Step.DROPPED, ended_at=now)
    return changing.change(session, recovery, State.EXPIRED, "nobody answered", means=means)


def _rescued(session: Session, recovery_id: int, means: Means) -> bool:
    recovery, now = rows.locked(session, recovery_id), means.clock.now()
    if recovery.ended_at is not None or recovery.due_at is None or recovery.due_at >= now - LATE:
        return False
    last = _under_way(session, recovery)
    if last is not None and _too_early(last, means):
        return False
    order = orders.advance(recovery.id, now)
    if last is not None and last.state in {Step.ORDERED, Step.RUNNING}:
        order = orders.attempt(last, now, recovery.component)
    elif last is not None and recovery.state == State.VERIFYING:
        looks = int((last.verification or {}).get("look", 0))
        order = orders.verify(last, now, look=looks + 1)
    elif last is not None and recovery.state == State.ROLLING_BACK:
        order = orders.undo(last, now)
    means.order(session, order)
    rows.touch(session, recovery, due_at=now)
    return True


def _under_way(session: Session, recovery: Recovery) -> RecoveryAttempt | None:
    """A yes that came too early leaves a refusal after the attempt that it is about."""
    made = rows.attempts(session, recovery.id)
    return next((each for each in reversed(made) if each.ended_at is None), None)


def _too_early(attempt: RecoveryAttempt, means: Means) -> bool:
    """Actions may take their time."""
    if attempt.state != Step.RUNNING or attempt.started_at is None:
        return False
    return means.clock.now() < attempt.started_at + timedelta(seconds=attempt.timeout) + LATE

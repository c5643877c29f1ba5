"""Hooks as rows: what may be told is noted in the transaction in which it comes to pass."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Hook, HookDelivery, HookOccasion, WorkItem
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(Hook.id, Hook.id)
DELIVERIES: Final = Keyset(HookDelivery.id, HookDelivery.id)


class Occasion(StrEnum):
    """What hooks are told of, in the words of the requirements."""

    ERROR = "on_error"
    RETRY = "on_retry"
    RECOVERED = "on_recovered"
    GIVE_UP = "on_give_up"


# Which change of a recovery is which occasion, by the new state.
OF_STATE: Final = {
    "acting": Occasion.RETRY,
    "recovered": Occasion.RECOVERED,
    "refused": Occasion.GIVE_UP,
    "rejected": Occasion.GIVE_UP,
    "expired": Occasion.GIVE_UP,
    "escalated": Occasion.GIVE_UP,
    "failed": Occasion.GIVE_UP,
}


class HookNotFoundError(NotFoundError):
    """There is no such hook."""

    code = "ML-REF-0018"


class Changed(Protocol):
    """A change of state; `old` is none for the first one."""

    @property
    def old(self) -> str | None: ...

    @property
    def new(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def actor(self) -> str: ...


def occur(session: Session, recovery_id: int, change: Changed, at: datetime) -> None:
    """Called with each change of state; the first means that an error is looked after."""
    occasion = Occasion.ERROR if change.old is None else OF_STATE.get(change.new)
    if occasion is None:
        return
    values = {
        "recovery_id": recovery_id,
        "occasion": occasion.value,
        "reason": change.reason,
        "actor": change.actor,
        "at": at,
    }
    session.execute(insert(HookOccasion).values(**values))


def claim(session: Session, *, limit: int) -> Sequence[HookOccasion]:
    """The oldest, locked until the transaction ends."""
    statement = select(HookOccasion).order_by(HookOccasion.id).limit(limit)
    return session.scalars(statement.with_for_update(skip_locked=True)).all()


def forget(session: Session, occasion_ids: Sequence[int]) -> None:
    session.execute(delete(HookOccasion).where(HookOccasion.id.in_(occasion_ids)))


def wanting(session: Session) -> Sequence[Hook]:
    return session.scalars(select(Hook).order_by(Hook.id)).all()


def get(session: Session, hook_id: int, *, only: int | None = None) -> Hook:
    """`only`: of this project."""
    found = session.get(Hook, hook_id)
    if found is None or only not in {None, found.project_id}:
        raise HookNotFoundError(f"There is no hook {hook_id}.", hook_id=hook_id)
    return found


def page(
    session: Session, *, only: int | None = None, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `Hook`."""
    statement = select(Hook)
    if only is not None:
        statement = statement.where(Hook.project_id == only)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def deliveries(
    session: Session, hook_id: int, *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first: the delivery, then the state and the attempts of its work."""
    statement = (
        select(HookDelivery, WorkItem.state, WorkItem.attempt, WorkItem.history)
        .outerjoin(WorkItem, WorkItem.id == HookDelivery.work_id)
        .where(HookDelivery.hook_id == hook_id)
    )
    return DELIVERIES.page(session, statement, cursor=cursor, limit=limit)


def waiting(session: Session) -> int:
    """Occasions that nobody has looked at."""
    return session.scalar(select(func.count()).select_from(HookOccasion)) or 0


def tidy(session: Session, before: datetime, *, limit: int = 1_000) -> None:
    """Forgets deliveries that are over and old."""
    over = or_(
        HookDelivery.delivered_at.is_not(None),
        HookDelivery.work_id.not_in(select(WorkItem.id).where(WorkItem.finished_at.is_(None))),
    )
    old = select(HookDelivery.id).where(HookDelivery.created_at < before, over).limit(limit)
    session.execute(delete(HookDelivery).where(HookDelivery.id.in_(old)))

"""Writing rows of the work ledger; every subject that decides something may do so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import context
from core.model.work import ITEMS, LIVE_WITH_KEY, WorkHold, WorkItem

WAKE_CHANNEL: Final = "mendline_work"


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Something that must be done once decided.

    `due_at` none means at once. `target` is what a hold can hold. While a row with the same
    `unique_key` lives no second one is made. `origin` is the id of the message that this work
    came in with, if any; it stays the idempotency key of all attempts.
    """

    task: str
    arguments: Mapping[str, Any]
    queue: str
    priority: int = 5
    due_at: datetime | None = None
    target: str | None = None
    unique_key: str | None = None
    max_attempts: int = 5
    lease_seconds: int = 30
    replay_of: int | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """`published` tells that the caller has to send the message once it has committed."""

    work_id: int
    published: bool
    created: bool


def add(session: Session, order: WorkOrder, now: datetime, *, publish: bool = False) -> Added:
    """Writes the row; `publish` hands a row that is due and not held to the caller to send.

    The dispatcher is woken where a row is due and nobody else will send it.
    """
    due = order.due_at or now
    at_once = publish and due <= now and not _held(session, order.target, now)
    row = None
    while row is None:
        row = _insert(session, order, now, state="published" if at_once else "waiting")
        if row is None and (living := _living(session, order)):
            return Added(living, published=False, created=False)
    if not at_once and due <= now:
        wake_dispatcher(session)
    return Added(row, published=at_once, created=True)


def wake_dispatcher(session: Session) -> None:
    """Takes effect with the commit."""
    session.execute(text(f"NOTIFY {WAKE_CHANNEL}"))


def _insert(session: Session, order: WorkOrder, now: datetime, *, state: str) -> int | None:
    about: dict[str, Any] = dict(context.current())
    if order.origin is not None:
        about["origin"] = order.origin
    statement = (
        insert(ITEMS)
        .values(
            task=order.task,
            arguments=order.arguments,
            queue=order.queue,
            priority=order.priority,
            state=state,
            due_at=order.due_at or now,
            target=order.target,
            unique_key=order.unique_key,
            max_attempts=order.max_attempts,
            lease_seconds=order.lease_seconds,
            context=about,
            replay_of=order.replay_of,
            created_at=now,
            published_at=now if state == "published" else None,
        )
        .on_conflict_do_nothing(index_elements=["unique_key"], index_where=text(LIVE_WITH_KEY))
        .returning(WorkItem.id)
    )
    return session.execute(statement).scalar()


def _living(session: Session, order: WorkOrder) -> int | None:
    """The row that lives under the key; none when it ended between the two statements."""
    living = select(WorkItem.id).where(WorkItem.unique_key == order.unique_key, text(LIVE_WITH_KEY))
    return session.execute(living).scalar()


def _held(session: Session, target: str | None, now: datetime) -> bool:
    if target is None:
        return False
    held = select(WorkHold.target).where(WorkHold.target == target, WorkHold.until > now)
    return session.execute(held).first() is not None


def one(session: Session, work_id: int) -> RowMapping | None:
    """The whole row, for people."""
    statement = select(ITEMS).where(WorkItem.id == work_id)
    return session.execute(statement).mappings().first()

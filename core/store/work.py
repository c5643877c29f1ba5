"""Writing rows of the work ledger; every subject that decides something may do so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import context
from core.model.work import ITEMS, LIVE_WITH_KEY, WorkHold, WorkItem
from core.store.bands import LOW, LOW_PRIORITY, band

WAKE_CHANNEL: Final = "mendline_work"
ENDED: Final = ("done", "dead", "cancelled")
# Messages of a queue and band at the broker up to which whoever decides sends by itself.
AT_ONCE: Final = 50

_LITTLE_OUT: Final = text("""
    SELECT count(*) < :most FROM (
        SELECT FROM work_items WHERE state = 'published' AND queue = :queue AND band = :band
        LIMIT :most) AS out""")
_BEFORE_IT: Final = text("""
    SELECT count(*) >= :most FROM (
        SELECT FROM work_items
        WHERE concurrency_key = :key AND NOT parked
          AND (state IN ('published', 'running')
               OR (state = 'waiting' AND priority <= :priority AND due_at <= :now))
        LIMIT :most) AS before""")


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Something that must be done once decided.

    `due_at` none means at once. `target` is what a hold can hold. While a row with the same
    `unique_key` lives no second one is made, and for `unique_for` from now on none while one has
    ended in a state of `unique_states`. Of a `concurrency_key` at most `concurrency_limit` run at
    a time. `origin` is the id of the message that this work came in with, if any; it stays the
    idempotency key of all attempts.
    """

    task: str
    arguments: Mapping[str, Any]
    queue: str
    priority: int = 5
    due_at: datetime | None = None
    target: str | None = None
    unique_key: str | None = None
    unique_for: timedelta | None = None
    unique_states: frozenset[str] = frozenset({"done"})
    concurrency_key: str | None = None
    concurrency_limit: int = 1
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
    at_once = publish and due <= now and _may_leave(session, order, now)
    parked = due <= now and _beyond_limit(session, order, now)
    state = "published" if at_once else "waiting"
    row = None
    while row is None:
        row = _insert(session, order, now, state=state, parked=parked)
        if row is None and (living := _taken(session, order, now)):
            return Added(living, published=False, created=False)
    if not at_once and not parked and due <= now:
        wake_dispatcher(session)
    return Added(row, published=at_once, created=True)


def wake_dispatcher(session: Session) -> None:
    """Takes effect with the commit."""
    session.execute(text(f"NOTIFY {WAKE_CHANNEL}"))


def _insert(
    session: Session, order: WorkOrder, now: datetime, *, state: str, parked: bool
) -> int | None:
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
            unique_until=now + order.unique_for if order.unique_for else None,
            concurrency_key=order.concurrency_key,
            concurrency_limit=order.concurrency_limit if order.concurrency_key else None,
            parked=parked,
            band=band(order.priority) if state == "published" else None,
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


def _taken(session: Session, order: WorkOrder, now: datetime) -> int | None:
    """The row that has the key; none when it ended between the two statements, or its time did."""
    mine = (WorkItem.unique_key == order.unique_key, text(LIVE_WITH_KEY))
    over = (WorkItem.unique_until <= now) | WorkItem.state.not_in(order.unique_states)
    ended = WorkItem.state.in_(ENDED)
    session.execute(update(ITEMS).where(*mine, ended, over).values(unique_until=None))
    return session.execute(select(WorkItem.id).where(*mine)).scalar()


def _may_leave(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Without the dispatcher: while the broker has little of it, and nobody has to count."""
    if order.concurrency_key is not None or _held(session, order, now):
        return False
    values = {"queue": order.queue, "band": band(order.priority), "most": AT_ONCE}
    return bool(session.execute(_LITTLE_OUT, values).scalar_one())


def _beyond_limit(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Whether enough of the key is before it already; then it is parked from the beginning."""
    if order.concurrency_key is None:
        return False
    values = {
        "key": order.concurrency_key,
        "priority": order.priority,
        "now": now,
        "most": order.concurrency_limit,
    }
    return bool(session.execute(_BEFORE_IT, values).scalar_one())


def _held(session: Session, order: WorkOrder, now: datetime) -> bool:
    targets = {order.target, LOW_PRIORITY if band(order.priority) >= LOW else None} - {None}
    if not targets:
        return False
    held = select(WorkHold.target).where(WorkHold.target.in_(targets), WorkHold.until > now)
    return session.execute(held).first() is not None


def one(session: Session, work_id: int) -> RowMapping | None:
    """The whole row, for people."""
    statement = select(ITEMS).where(WorkItem.id == work_id)
    return session.execute(statement).mappings().first()

"""What the controller reads and writes: work that is ready, decisions, and what operators set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model import PoolLoad, PoolOverride, ScaleDecision
from core.store.bands import CRITICAL, ENDS, LOW, LOW_PRIORITY
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(ScaleDecision.id, ScaleDecision.id)
# More rows than this are many, however many they are.
MOST_COUNTED: Final = 20_000

# Held and parked rows wait for something else than a child. The index has critical rows first.
_READY: Final = text("""
    SELECT name,
        ready.rows + sent.rows, least(ready.since, sent.since),
        ready.critical + sent.critical, least(ready.critical_since, sent.critical_since)
    FROM unnest(cast(:queues AS text[])) AS name
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows, min(due_at) AS since,
            count(*) FILTER (WHERE priority <= :critical) AS critical,
            min(due_at) FILTER (WHERE priority <= :critical) AS critical_since
        FROM (
            SELECT due_at, priority FROM work_items AS item
            WHERE state = 'waiting' AND NOT parked AND queue = name AND due_at <= :now
              AND NOT EXISTS (
                  SELECT FROM work_holds AS hold
                  WHERE hold.until > :now AND (hold.target = item.target
                      OR (hold.target = :low AND item.priority > :others)))
            ORDER BY priority LIMIT :most) AS first) AS ready
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows, min(due_at) AS since,
            count(*) FILTER (WHERE coalesce(band, 0) = 0) AS critical,
            min(due_at) FILTER (WHERE coalesce(band, 0) = 0) AS critical_since
        FROM work_items
        WHERE state = 'published' AND queue = name) AS sent""")
_INBOX: Final = text("""
    SELECT (SELECT count(*) FROM (SELECT FROM inbox LIMIT :most) AS waiting) AS rows,
        (SELECT received_at FROM inbox ORDER BY id LIMIT 1) AS since,
        (SELECT last_value FROM inbox_id_seq) AS ever""")


_LOAD: Final = insert(PoolLoad)
_LOADS: Final = _LOAD.on_conflict_do_update(
    index_elements=["pool"],
    set_={
        column.name: _LOAD.excluded[column.name]
        for column in PoolLoad.__table__.columns
        if column.name != "pool"
    },
)


@dataclass(frozen=True, slots=True)
class Ready:
    """Rows that a worker could do now, since when the oldest waits; and the critical of them."""

    rows: int
    since: datetime | None
    critical: int = 0
    critical_since: datetime | None = None

    def only_critical(self) -> "Ready":
        return Ready(self.critical, self.critical_since)


@dataclass(frozen=True, slots=True)
class InboxState:
    """`ever` counts all rows that there ever were, roughly: it only grows."""

    rows: int
    since: datetime | None
    ever: int


def ready(session: Session, queues: Sequence[str], *, now: datetime) -> Mapping[str, Ready]:
    """By queue: rows of the ledger that wait, and those whose messages are under way."""
    values = {"queues": list(queues), "now": now, "most": MOST_COUNTED}
    bands = {"low": LOW_PRIORITY, "others": ENDS[LOW - 1], "critical": ENDS[CRITICAL]}
    return {queue: Ready(*row) for queue, *row in session.execute(_READY, values | bands)}


def inbox(session: Session) -> InboxState:
    return InboxState(*session.execute(_INBOX, {"most": MOST_COUNTED}).one())


def write_loads(session: Session, looks: Sequence[Mapping[str, Any]]) -> None:
    """Replaces the last look at each pool."""
    session.execute(_LOADS, [dict(each) for each in looks])


def loads(session: Session) -> Sequence[PoolLoad]:
    return session.scalars(select(PoolLoad).order_by(PoolLoad.pool)).all()


def load(session: Session, pool: str) -> PoolLoad | None:
    return session.get(PoolLoad, pool)


def overrides(session: Session, now: datetime) -> Mapping[str, PoolOverride]:
    """Those in force."""
    in_force = or_(PoolOverride.until.is_(None), PoolOverride.until > now)
    return {row.pool: row for row in session.scalars(select(PoolOverride).where(in_force))}


@dataclass(frozen=True, slots=True)
class Wish:
    pool: str
    children: int
    author: str
    until: datetime | None = None


def set_override(session: Session, wish: Wish, *, now: datetime) -> None:
    values = {
        "children": wish.children,
        "author": wish.author,
        "set_at": now,
        "until": wish.until,
    }
    statement = insert(PoolOverride).values(pool=wish.pool, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["pool"], set_=values))


def clear_override(session: Session, pool: str) -> bool:
    """Whether there was one."""
    gone = delete(PoolOverride).where(PoolOverride.pool == pool).returning(PoolOverride.pool)
    return session.scalar(gone) is not None


def page(
    session: Session, *, pool: str | None = None, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Decisions, newest first; each row begins with the `ScaleDecision`."""
    statement = select(ScaleDecision)
    if pool is not None:
        statement = statement.where(ScaleDecision.pool == pool)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)

"""Rows of circuit breakers: how they stand by compare-and-set, with the history of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from core.model import Breaker, BreakerTransition
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(Breaker.id, Breaker.id)
HISTORY_ORDER: Final = Keyset(BreakerTransition.id, BreakerTransition.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A breaker's change of state, as its row and its history take it."""

    name: str
    old: str
    new: str
    version: int
    at: datetime
    retry_at: datetime | None
    openings: int
    ramp_until: datetime | None
    reason: str
    author: str | None = None
    detail: Mapping[str, Any] | None = None


def one(session: Session, name: str, *, lock: bool = False) -> Breaker | None:
    statement = select(Breaker).where(Breaker.name == name)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def named(session: Session, names: Collection[str]) -> Sequence[Breaker]:
    return session.scalars(select(Breaker).where(Breaker.name.in_(names))).all()


def standing(session: Session, states: Collection[str], *, limit: int) -> Sequence[tuple[str, str]]:
    """Names and states of those in one of these, the newest change first."""
    statement = select(Breaker.name, Breaker.state).where(Breaker.state.in_(states))
    found = session.execute(statement.order_by(Breaker.since.desc(), Breaker.id).limit(limit))
    return [(name, state) for name, state in found]


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Breaker)).scalar_one()


def ensure(session: Session, name: str, *, project_id: int | None, now: datetime) -> Breaker:
    """Makes a closed one where there is none."""
    statement = upsert(Breaker).values(
        name=name,
        project_id=project_id,
        state="closed",
        version=1,
        since=now,
        reason="first use",
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
    return session.scalars(select(Breaker).where(Breaker.name == name)).one()


def move(session: Session, move: Move) -> bool:
    """False when the row has this version, or a higher one, already."""
    changed = session.execute(
        update(Breaker)
        .where(Breaker.name == move.name, Breaker.version < move.version)
        .values(
            state=move.new,
            version=move.version,
            since=move.at,
            retry_at=move.retry_at,
            openings=move.openings,
            ramp_until=move.ramp_until,
            reason=move.reason,
            author=move.author,
        )
        .returning(Breaker.id)
    )
    if changed.first() is None:
        return False
    session.execute(
        insert(BreakerTransition).values(
            name=move.name,
            at=move.at,
            old=move.old,
            new=move.new,
            version=move.version,
            reason=move.reason,
            author=move.author,
            detail=dict(move.detail or {}),
        )
    )
    return True


def set_settings(session: Session, name: str, settings: Mapping[str, Any]) -> None:
    session.execute(update(Breaker).where(Breaker.name == name).values(settings=dict(settings)))


def forget(session: Session, name: str) -> bool:
    """With its history; whether there was one."""
    session.execute(delete(BreakerTransition).where(BreakerTransition.name == name))
    gone = delete(Breaker).where(Breaker.name == name).returning(Breaker.id)
    return session.execute(gone).first() is not None


def page(
    session: Session,
    *,
    states: Collection[str] = (),
    only: int | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the `Breaker`. `only`: of a project, and of everybody."""
    statement = select(Breaker)
    if states:
        statement = statement.where(Breaker.state.in_(states))
    if only is not None:
        statement = statement.where(Breaker.project_id.is_(None) | (Breaker.project_id == only))
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def history(session: Session, name: str, *, cursor: Cursor | None = None, limit: int = 100) -> Page:
    """Transitions, newest first; each row begins with the `BreakerTransition`."""
    statement = select(BreakerTransition).where(BreakerTransition.name == name)
    return HISTORY_ORDER.page(session, statement, cursor=cursor, limit=limit)

"""Signals: what one stage leaves for the next ones to look at."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from core.model import Signal
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(Signal.id, Signal.id)


class SignalKind(StrEnum):
    NEW_ISSUE = "new_issue"
    REGRESSION = "regression"
    MERGE_SUGGESTED = "merge_suggested"
    DEADLETTERS_GROWING = "deadletters_growing"
    BREAKER_OPENED = "breaker_opened"
    BREAKER_CLOSED = "breaker_closed"
    RECOVERABLE = "recoverable"
    RECOVERED = "recovered"
    ESCALATED = "escalated"
    MAINTENANCE_MISSED = "maintenance_missed"
    MAINTENANCE_FOUND = "maintenance_found"


@dataclass(frozen=True, slots=True)
class NewSignal:
    project_id: int
    issue_id: int | None
    kind: str
    at: datetime
    detail: dict[str, Any] = field(default_factory=dict)


class Told(NamedTuple):
    """That recovery was told of a category of an issue, since then; none: at any time."""

    issue_id: int
    category: str
    since: datetime | None


_TOLD: Final = text("""
    SELECT place FROM unnest(
        CAST(:issues AS bigint[]), CAST(:categories AS text[]), CAST(:since AS timestamptz[])
    ) WITH ORDINALITY AS asked (issue_id, category, since, place)
    WHERE EXISTS (
        SELECT FROM signals
        WHERE signals.kind = 'recoverable' AND signals.issue_id = asked.issue_id
          AND signals.detail ->> 'category' = asked.category
          AND (asked.since IS NULL OR signals.at >= asked.since)
    )""")


def told(session: Session, asked: Collection[Told]) -> set[Told]:
    """Those of these that are so."""
    ordered = list(asked)
    values = {
        "issues": [each.issue_id for each in ordered],
        "categories": [each.category for each in ordered],
        "since": [each.since for each in ordered],
    }
    return {ordered[place - 1] for place in session.scalars(_TOLD, values)}


def add(session: Session, signals: Iterable[NewSignal]) -> None:
    rows = [
        {
            "project_id": signal.project_id,
            "issue_id": signal.issue_id,
            "kind": signal.kind,
            "at": signal.at,
            "detail": signal.detail,
        }
        for signal in signals
    ]
    if rows:
        session.execute(insert(Signal), rows)


def claim(session: Session, kinds: Collection[str], *, limit: int) -> Sequence[Signal]:
    """The oldest that nobody has looked at, locked until the transaction ends."""
    statement = (
        select(Signal)
        .where(Signal.processed_at.is_(None), Signal.kind.in_(kinds))
        .order_by(Signal.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(statement).all()


def finish(session: Session, signal_ids: Collection[int], *, now: datetime) -> None:
    session.execute(
        update(Signal)
        .where(Signal.id.in_(signal_ids), Signal.processed_at.is_(None))
        .values(processed_at=now)
    )


def page(
    session: Session,
    *,
    kinds: Collection[str] = (),
    project_id: int | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the `Signal`."""
    statement = select(Signal)
    if kinds:
        statement = statement.where(Signal.kind.in_(kinds))
    if project_id is not None:
        statement = statement.where(Signal.project_id == project_id)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)

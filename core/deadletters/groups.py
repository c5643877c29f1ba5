"""Letters that failed alike: the same task, type of error, and message but for the values in it.

The message's template needs the analysis, and letters are written by parts that lie below it. So
a letter gets its group when somebody looks, or by the clock, whichever comes first.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from core.analysis.template import headline, normalise
from core.model.deadletters import DeadLetter
from core.store.paging import Cursor, Keyset, Page

BATCH: Final = 500
MOST_AT_ONCE: Final = 20  # batches; what is left is grouped by the clock
TEMPLATE_LIMIT: Final = 500

_UNGROUPED: Final = (
    select(
        DeadLetter.id,
        DeadLetter.task,
        DeadLetter.reason,
        DeadLetter.error_type,
        DeadLetter.message,
    )
    .where(DeadLetter.fingerprint.is_(None))
    .order_by(DeadLetter.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_GROUP: Final = (
    update(DeadLetter)
    .where(DeadLetter.id == bindparam("letter_id"))
    .values(fingerprint=bindparam("group"), template=bindparam("found"))
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Group:
    """`newest_id` is the letter to look at first."""

    group: str
    task: str | None
    error_type: str | None
    template: str | None
    letters: int
    open: int
    reasons: Mapping[str, int]
    newest_id: int
    first_seen: datetime
    last_seen: datetime


def fingerprint(task: str | None, error_type: str | None, template: str) -> str:
    parts = (task or "", error_type or "", template)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def assign(session: Session) -> int:
    """Gives letters without a group theirs; how many."""
    total = 0
    for _ in range(MOST_AT_ONCE):
        rows = session.execute(_UNGROUPED).all()
        if rows:
            session.connection().execute(_GROUP, [_grouped(row) for row in rows])
        total += len(rows)
        if len(rows) < BATCH:
            break
    return total


def _grouped(row: Any) -> dict[str, Any]:
    """Where nothing was raised, why it was buried stands for the type of the error."""
    found = normalise(headline(row.message or ""))[:TEMPLATE_LIMIT]
    group = fingerprint(row.task, row.error_type or row.reason, found)
    return {"letter_id": row.id, "group": group, "found": found}


def page(
    session: Session,
    conditions: list[ColumnElement[bool]],
    *,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """The groups of the letters under these conditions; the one with the newest letter first."""
    assign(session)
    by_reason = (
        select(
            DeadLetter.fingerprint.label("group"),
            DeadLetter.reason,
            func.count().label("letters"),
            func.count().filter(DeadLetter.state == "open").label("open"),
            func.max(DeadLetter.id).label("newest_id"),
            func.min(DeadLetter.created_at).label("first_seen"),
            func.max(DeadLetter.created_at).label("last_seen"),
        )
        .where(*conditions, DeadLetter.fingerprint.is_not(None))
        .group_by(DeadLetter.fingerprint, DeadLetter.reason)
        .subquery()
    )
    counted = (
        select(
            by_reason.c.group,
            func.sum(by_reason.c.letters).label("letters"),
            func.sum(by_reason.c.open).label("open"),
            func.jsonb_object_agg(by_reason.c.reason, by_reason.c.letters).label("reasons"),
            func.max(by_reason.c.newest_id).label("newest_id"),
            func.min(by_reason.c.first_seen).label("first_seen"),
            func.max(by_reason.c.last_seen).label("last_seen"),
        )
        .group_by(by_reason.c.group)
        .subquery()
    )
    newest = counted.c.newest_id
    statement = select(counted, DeadLetter.task, DeadLetter.error_type, DeadLetter.template)
    joined = statement.join(DeadLetter, DeadLetter.id == newest)
    return Keyset(newest, newest).page(session, joined, cursor=cursor, limit=limit)


def shown(row: Any) -> Group:
    return Group(
        group=row.group,
        task=row.task,
        error_type=row.error_type,
        template=row.template,
        letters=int(row.letters),
        open=int(row.open),
        reasons=row.reasons,
        newest_id=row.newest_id,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
    )

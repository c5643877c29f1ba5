"""Sagas and their steps as rows; every change is made by whoever holds the saga's row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import ErrorReport, NotFoundError
from core.model.transactions import UNFINISHED, Saga, SagaStep
from core.model.work import WorkItem
from core.sagas.course import Direction
from core.store.paging import MOMENT, Cursor, Keyset, Page
from core.store.work import ENDED

NEWEST_FIRST: Final = Keyset(Saga.began_at, Saga.id, MOMENT)
LONGEST_ERROR: Final = 500
_ONCE: Final = (
    insert(Saga)
    .on_conflict_do_nothing(
        index_elements=["unique_key"], index_where=text("unique_key IS NOT NULL")
    )
    .returning(Saga.id)
)
_BEGIN: Final = insert(SagaStep)
_AGAIN: Final = _BEGIN.on_conflict_do_update(
    index_elements=["saga_id", "position", "direction"],
    set_={"state": "running", "attempts": SagaStep.attempts + 1},
)


class NoSuchSagaError(NotFoundError):
    """There is no such saga."""

    code = "ML-REF-0061"


def get(session: Session, saga_id: int) -> Saga:
    found = session.get(Saga, saga_id)
    if found is None:
        raise NoSuchSagaError(f"There is no saga {saga_id}.")
    return found


def locked(session: Session, saga_id: int) -> Saga:
    found = session.get(Saga, saga_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NoSuchSagaError(f"There is no saga {saga_id}.")
    return found


def begin(session: Session, values: Mapping[str, Any]) -> tuple[Saga, bool]:
    """The saga, and whether it is new: of two that begin the same, the second waits for the first
    and finds its row.
    """
    while True:
        made = session.scalar(_ONCE, values)
        if made is not None:
            return get(session, made), True
        found = session.scalar(select(Saga).where(Saga.unique_key == values["unique_key"]))
        if found is not None:
            return found, False


def begin_step(session: Session, saga: Saga, direction: Direction, now: datetime) -> None:
    values = {
        "saga_id": saga.id,
        "position": saga.position,
        "direction": direction,
        "step": saga.steps[saga.position],
        "state": "running",
        "began_at": now,
    }
    session.execute(_AGAIN, values)


def end_step(
    session: Session,
    saga: Saga,
    direction: Direction,
    *,
    now: datetime,
    failed: ErrorReport | None = None,
) -> None:
    row = session.get(SagaStep, (saga.id, saga.position, direction))
    if row is None:
        return
    row.state = "failed" if failed else "done"
    row.ended_at = now
    if failed:
        row.error_code, row.error = told(failed)


def told(failed: ErrorReport) -> tuple[str, str]:
    """Errors of databases come with values of rows and statements; of those the kind is kept."""
    telling = not failed.type.startswith(("sqlalchemy.", "psycopg."))
    return failed.code, (failed.message if telling else failed.type)[:LONGEST_ERROR]


def begun(session: Session, saga_id: int) -> set[int]:
    """Positions of steps that may have had an effect."""
    statement = select(SagaStep.position).where(
        SagaStep.saga_id == saga_id, SagaStep.direction == Direction.DO
    )
    return set(session.scalars(statement))


def steps(session: Session, saga_id: int) -> list[SagaStep]:
    """In the order in which they began."""
    statement = select(SagaStep).where(SagaStep.saga_id == saga_id)
    return list(session.scalars(statement.order_by(SagaStep.began_at, SagaStep.position)))


def suspect(session: Session, now: datetime) -> list[int]:
    """Unfinished ones that are overdue, or whose work has ended without moving them."""
    statement = (
        select(Saga.id)
        .outerjoin(WorkItem, WorkItem.id == Saga.work_id)
        .where(
            text(f"sagas.{UNFINISHED}"),
            WorkItem.id.is_(None) | WorkItem.state.in_(ENDED) | (Saga.deadline_at <= now),
        )
    )
    return list(session.scalars(statement.order_by(Saga.id)))


def has_work(session: Session, saga: Saga) -> bool:
    """Whether a piece of work is still to move it."""
    work = WorkItem.id == saga.work_id
    state = session.scalar(select(WorkItem.state).where(work))
    return state is not None and state not in ENDED


def page(
    session: Session, wanted: Mapping[str, Any], *, cursor: Cursor | None = None, limit: int
) -> Page:
    """`wanted`: values of the columns `name` and `state`."""
    statement = select(Saga).filter_by(**wanted)
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)

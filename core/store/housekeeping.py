"""Rows of the runs of the house, and the lock that lets one heavy job run at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.model import MaintenanceRun
from core.store.engine import Database
from core.store.paging import Cursor, Keyset, Page

LOCK: Final = 0x4D454856
RUNNING: Final = "running"
POSTPONED: Final = "postponed"
DONE: Final = "done"
FAILED: Final = "failed"
ORDER: Final = Keyset(MaintenanceRun.id, MaintenanceRun.id)

_ASK: Final = text("""
    INSERT INTO maintenance_runs AS run (job, work_id, state, asked_at)
    VALUES (:job, :work_id, 'postponed', :now)
    ON CONFLICT (work_id) DO UPDATE SET job = excluded.job
    RETURNING asked_at""")
# What no schedule ordered, a person did.
_ASKED: Final = text("""
    SELECT coalesce(bool_or(run.cause = 'manual'), true) FROM schedule_runs AS run
    WHERE run.work_id = :work_id""")
_LAST: Final = text("""
    SELECT schedules.job, greatest(
        max(item.finished_at) FILTER (WHERE item.state = 'done'),
        (SELECT max(ended_at) FROM maintenance_runs AS kept
         WHERE kept.job = schedules.job AND kept.state = 'done'))
    FROM schedules
    LEFT JOIN schedule_runs AS run ON run.job = schedules.job
    LEFT JOIN work_items AS item ON item.id = run.work_id
    GROUP BY schedules.job""")


def ask(session: Session, job: str, work_id: int, *, now: datetime) -> datetime:
    """When this work first wanted to run."""
    values = {"job": job, "work_id": work_id, "now": now}
    asked_at: datetime = session.execute(_ASK, values).scalar_one()
    return asked_at


def asked_for(session: Session, work_id: int) -> bool:
    """Whether a person wants it now."""
    return bool(session.execute(_ASKED, {"work_id": work_id}).scalar_one())


def postpone(session: Session, work_id: int, reason: str) -> None:
    later = {"state": POSTPONED, "reason": reason, "postponed": MaintenanceRun.postponed + 1}
    _set(session, work_id, later)


def begin(session: Session, work_id: int, *, now: datetime) -> None:
    begun = {"state": RUNNING, "began_at": now, "reason": None}
    _set(session, work_id, begun | {"attempts": MaintenanceRun.attempts + 1})


def end(session: Session, work_id: int, outcome: Mapping[str, Any]) -> None:
    """`outcome` are the columns that the end sets: state, ended_at, seconds, amount, result."""
    _set(session, work_id, outcome)


def _set(session: Session, work_id: int, values: Mapping[str, Any]) -> None:
    statement = update(MaintenanceRun).where(MaintenanceRun.work_id == work_id)
    session.execute(statement.values(values).execution_options(synchronize_session=False))


def last_success(session: Session) -> dict[str, datetime | None]:
    """Of every job that there is a schedule for."""
    return {job: at for job, at in session.execute(_LAST)}  # noqa: C416 (rows are no pairs)


def latest(session: Session, job: str) -> MaintenanceRun | None:
    """The newest run that was done."""
    statement = select(MaintenanceRun).where(
        MaintenanceRun.job == job, MaintenanceRun.state == DONE
    )
    return session.scalars(statement.order_by(MaintenanceRun.id.desc()).limit(1)).first()


def page(
    session: Session, *, job: str | None = None, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `MaintenanceRun`."""
    statement = select(MaintenanceRun)
    if job is not None:
        statement = statement.where(MaintenanceRun.job == job)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


@contextmanager
def only_one(database: Database) -> Iterator[bool]:
    """Whether this is the one heavy job of all hosts; the lock ends with its connection."""
    with database.at_once() as connection:
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK})
        try:
            yield bool(taken.scalar_one())
        finally:
            connection.invalidate()

"""The ledger: a decision becomes a row, a row becomes a message, a message starts the row once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import CursorResult, Update, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from core import context
from core.clock import Clock
from core.errors import BrokerUnavailableError, ErrorReport
from core.model.work import ITEMS, WorkItem
from core.store import work as rows
from core.store.engine import Database, after_commit
from core.store.work import WorkOrder
from core.work import cancellation, dispatch, history, keys
from core.work.attempt import LeaseLostError, Started, UnknownWorkError
from core.work.burial import letter
from core.work.dispatch import Round
from core.work.reconcile import SETTLE_SECONDS, Reconciled, reconcile
from core.work.sender import TaskSender, WorkMessage
from core.work.states import State

log = structlog.get_logger()

ROUND: Final = 200
_CLOCK: Final = func.clock_timestamp()  # leases go by the database's clock, on every host alike
_NO_LEASE: Final = {"lease_until": None, "leased_by": None}
_ROW: Final = ITEMS.c  # of the table: by its class every statement would go the ORM's long way

_TOLD: Final = (
    _ROW.task,
    _ROW.arguments,
    _ROW.queue,
    _ROW.attempt,
    _ROW.max_attempts,
    _ROW.target,
    _ROW.context,
    _ROW.replay_of,
    _ROW.concurrency_key,
)
_START: Final = (
    update(ITEMS)
    .where(
        _ROW.id == bindparam("work_id"),
        _ROW.task == bindparam("name"),
        _ROW.state == State.PUBLISHED,
    )
    .values(
        state=State.RUNNING,
        attempt=_ROW.attempt + 1,
        started_at=bindparam("now"),
        leased_by=bindparam("worker"),
        lease_until=_CLOCK + _ROW.lease_seconds * text("interval '1 second'"),
    )
    .returning(*_TOLD)
)
# What an ask began that never heard the answer: no other ask of this worker has its moment.
_STARTED: Final = select(*_TOLD).where(
    _ROW.id == bindparam("work_id"),
    _ROW.task == bindparam("name"),
    _ROW.state == State.RUNNING,
    _ROW.leased_by == bindparam("worker"),
    _ROW.started_at == bindparam("now"),
)
_KNOWN: Final = select(_ROW.id).where(
    _ROW.id == bindparam("work_id"), _ROW.task == bindparam("name")
)
# Compare-and-set: only the attempt that holds the lease may say how it ended.
_MINE: Final = update(ITEMS).where(
    _ROW.id == bindparam("work_id"),
    _ROW.state == State.RUNNING,
    _ROW.attempt == bindparam("started"),
)
_FINISH: Final = _MINE.values(
    state=State.DONE, finished_at=bindparam("now"), result=bindparam("outcome"), **_NO_LEASE
)
_RETRY: Final = _MINE.values(
    state=State.WAITING, due_at=bindparam("due"), history=history.appended(), **_NO_LEASE
)
# The attempt that puts itself off was none; nobody else can have its number.
_POSTPONE: Final = _RETRY.values(attempt=WorkItem.attempt - 1)
_GIVE_UP: Final = _MINE.values(
    state=State.DEAD, finished_at=bindparam("now"), history=history.appended(), **_NO_LEASE
).returning(ITEMS)


class Ledger:
    """What deciders and tasks do with the ledger.

    Only `start` and `fail` open transactions of their own: the first must be visible before the
    work begins, the second comes after the attempt's own transaction has been rolled back.
    """

    def __init__(self, database: Database, sender: TaskSender, clock: Clock) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._swept = ""  # the parked keys are gone through in parts

    def add(self, session: Session, order: WorkOrder) -> int:
        """Writes the row in the caller's transaction; the message leaves after the commit."""
        added = rows.add(session, order, self._clock.now(), publish=True)
        if added.published:
            message = WorkMessage(
                work_id=added.work_id,
                task=order.task,
                queue=order.queue,
                priority=order.priority,
                message_id=dispatch.message_id(added.work_id, attempt=0),
                context=context.current(),
            )
            after_commit(session, lambda: self._publish(message))
        return added.work_id

    def start(
        self,
        work_id: int,
        *,
        task: str,
        message_id: str,
        worker: str,
        at: datetime | None = None,
        again: bool = False,
    ) -> Started | None:
        """The fence: None for a row that runs, waits or has ended.

        Whose answer was lost asks `again`, `at` the moment it gave before (see `later`): what was
        begun then, and nobody heard of, is its own.

        Raises for a row that was never made, or is for another task than the message.
        """
        now = at or self._clock.now()
        values = {"work_id": work_id, "name": task, "now": now, "worker": worker}
        with self._database.at_once() as connection:
            row = connection.execute(_START, values).mappings().one_or_none()
            if row is None and again:
                row = connection.execute(_STARTED, values).mappings().one_or_none()
            if row is not None:
                return Started(work_id, worker, **row)
            if connection.execute(_KNOWN, values).first() is None:
                raise UnknownWorkError(work_id=work_id)
        log.info("work.not_started", work_id=work_id, message_id=message_id)
        return None

    def finish(
        self, session: Session, started: Started, result: Mapping[str, Any] | None = None
    ) -> None:
        """In the transaction of the effects: they count exactly if this attempt still holds on."""
        if not _changed(session, _FINISH, self._ended(started, result)):
            raise LeaseLostError(work_id=started.work_id, attempt=started.attempt)
        keys.free(session, started.concurrency_key)

    def finish_alone(self, started: Started, result: Mapping[str, Any] | None = None) -> None:
        """The same where the attempt has left nothing in this database, and holds no key: one way
        to the server and back instead of three.
        """
        with self._database.at_once() as connection:
            changed = connection.execute(_FINISH, self._ended(started, result)).rowcount
        if changed != 1:
            raise LeaseLostError(work_id=started.work_id, attempt=started.attempt)

    def _ended(self, started: Started, result: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            "work_id": started.work_id,
            "started": started.attempt,
            "now": self._clock.now(),
            "outcome": result,
        }

    def retry(self, started: Started, report: ErrorReport, *, delay: float) -> bool:
        """Back to waiting for `delay` seconds; False when the row is no longer this attempt's."""
        return self._back(_RETRY, started, report, delay=delay)

    def postpone(self, started: Started, report: ErrorReport, *, delay: float) -> bool:
        """The same, but what was not tried costs no attempt: its target was not to be called."""
        return self._back(_POSTPONE, started, report, delay=delay)

    def _back(
        self, statement: Update, started: Started, report: ErrorReport, *, delay: float
    ) -> bool:
        now = self._clock.now()
        values = {
            "work_id": started.work_id,
            "started": started.attempt,
            "due": now + timedelta(seconds=delay),
            "entry": history.failed(report, started, now, delay=delay),
        }
        with self._database.transaction() as session:
            if not _changed(session, statement, values):
                return False
            keys.free(session, started.concurrency_key)
            return True

    def give_up(self, started: Started, report: ErrorReport, *, reason: str) -> int | None:
        """Dead letter and final state in one transaction; the id of the letter."""
        now = self._clock.now()
        values = {
            "work_id": started.work_id,
            "started": started.attempt,
            "now": now,
            "entry": history.failed(report, started, now),
        }
        with self._database.transaction() as session:
            row = session.execute(_GIVE_UP, values).one_or_none()
            if row is None:
                return None
            keys.free(session, row.concurrency_key)
            return letter(session, row, report=report, reason=reason, now=now)

    def later(self, seconds: float) -> datetime:
        """By the clock that says what is due, which need not be that of this host."""
        return self._clock.now() + timedelta(seconds=seconds)

    def cancel(self, session: Session, work_id: int, *, reason: str) -> bool:
        """False for a row that runs already or has ended."""
        return cancellation.cancel(session, work_id, reason=reason, now=self._clock.now())

    def dispatch_round(self, limit: int = ROUND) -> Round:
        """Publishes what is due, may go, and has room at the broker."""
        return dispatch.dispatch_due(self._database, self._sender, self._clock.now(), limit=limit)

    def dispatch_due(self, limit: int = ROUND) -> int:
        """How many messages left."""
        return self.dispatch_round(limit).sent

    def reconcile(self, *, settle: int = SETTLE_SECONDS) -> Reconciled:
        """Sends again what got lost, gives up what loses its workers, lets back what is stuck."""
        now = self._clock.now()
        with self._database.transaction() as session:
            self._swept = keys.sweep(session, now, after=self._swept)
        return reconcile(self._database, self._sender, now, settle=settle)

    def _publish(self, message: WorkMessage) -> None:
        try:
            self._sender.send(message)
        except BrokerUnavailableError as error:
            log.warning("work.publish_failed", rows=1, error=str(error))
            dispatch.take_back(self._database, [message.work_id])


def _changed(session: Session, statement: Update, values: Mapping[str, Any]) -> bool:
    result = session.execute(statement, values)
    assert isinstance(result, CursorResult)
    return result.rowcount == 1

"""Transactions that begin anew when PostgreSQL breaks them off for the sake of others."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from types import TracebackType
from typing import Final, Self, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import Clock, SystemClock
from core.delays import Delay, FullJitter
from core.errors import DatabaseConflictError
from core.store.transactions import journal
from core.store.transactions.journal import Entry, State
from core.store.transactions.scope import USUAL, Mode, Store

log = structlog.get_logger()

T = TypeVar("T")
# Serialisation failure and deadlock: nothing of the transaction has happened, so it may be done
# again. A lost connection is not among them: its commit may have arrived.
BROKEN_OFF: Final = frozenset({"40001", "40P01"})
_SOON: Final = FullJitter(base=0.02, cap=1.0)
_CLOCK: Final = SystemClock()
_random: Final = SystemRandom()


class RepeatedConflictError(DatabaseConflictError):
    """PostgreSQL broke off the transaction for the sake of others, each time that it was tried."""

    code = "ML-DB-0005"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a transaction is to be carried out; one with a name is entered in the log.

    `attempts` in all, with a pause of `delay` after each one that was broken off.
    """

    name: str | None = None
    mode: Mode = USUAL
    attempts: int = 6
    delay: Delay = _SOON
    clock: Clock = _CLOCK


def carry_out(database: Store, body: Callable[[Session], T], plan: Plan | None = None) -> T:
    """Runs `body` in a transaction and commits it; repeats both while others get in the way.

    The body runs once for each attempt, so all it does has to be in its session, or hang on the
    session's end by `after_commit` and `after_rollback`.
    """
    plan = plan or Plan()
    with _Attempts(database, plan) as attempts:
        while True:
            try:
                return attempts.once(body)
            except DBAPIError as error:
                if not broken_off(error):
                    raise
                if attempts.count >= plan.attempts:
                    raise RepeatedConflictError(attempts=attempts.count) from error
            time.sleep(plan.delay.delay(attempts.count, rand=_random))


def broken_off(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in BROKEN_OFF


class _Attempts:
    """The attempts at one transaction; on leaving, a failure is entered in the log."""

    def __init__(self, database: Store, plan: Plan) -> None:
        self.count = 0
        self._database = database
        self._plan = plan
        self._began_at: datetime = plan.clock.now()
        self._began = plan.clock.monotonic()

    def once(self, body: Callable[[Session], T]) -> T:
        self.count += 1
        with self._database.transaction(self._plan.mode) as session:
            done = body(session)
            if self._plan.name is not None and not self._plan.mode.read_only:
                session.flush()
                journal.enter(session, self._entry(State.COMMITTED))
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or self._plan.name is None:
            return
        try:
            with self._database.transaction() as session:
                journal.enter(session, self._entry(State.ROLLED_BACK, error))
        except SQLAlchemyError as unwritten:
            log.warning("transaction.unlogged", name=self._plan.name, error=str(unwritten))

    def _entry(self, state: State, error: BaseException | None = None) -> Entry:
        clock = self._plan.clock
        assert self._plan.name is not None
        return Entry(
            name=self._plan.name,
            state=state,
            attempts=self.count,
            seconds=clock.monotonic() - self._began,
            began_at=self._began_at,
            ended_at=clock.now(),
            error=error,
        )

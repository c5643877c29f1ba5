"""What a worker's main process writes: leases, rescues and burials, in bounded time.

It runs in the worker's event loop, so everything here gives up after seconds and says so.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import SystemClock
from core.store import work as rows
from core.store.deadletters import Capture, insert_capture
from core.store.engine import Database
from core.store.work import WorkOrder
from core.work import lease

log = structlog.get_logger()

STATEMENT_LIMIT: Final = text("SET LOCAL statement_timeout = '2s'")


class Keeper:
    """Every method answers False where the database did not take it."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._clock = SystemClock()

    def renew(self, work_ids: Sequence[int]) -> bool:
        return self._write("renew", lambda session: lease.renew(session, self._worker, work_ids))

    def abandon(self, work_id: int, reason: str) -> bool:
        now = self._clock.now()
        return self._write(
            "abandon",
            lambda session: lease.abandon(session, self._worker, [work_id], reason=reason, now=now),
        )

    def enrol(self, order: WorkOrder) -> bool:
        """From here on the ledger counts the attempts; its dispatcher sends the message."""
        now = self._clock.now()
        return self._write("enrol", lambda session: rows.add(session, order, now))

    def bury(self, capture: Capture) -> bool:
        now = self._clock.now()
        return self._write("bury", lambda session: insert_capture(session, capture, now))

    def close(self) -> None:
        self._database.dispose()

    def _write(self, what: str, statements: Callable[[Session], Any]) -> bool:
        try:
            with self._database.transaction() as session:
                session.execute(STATEMENT_LIMIT)
                statements(session)
        except SQLAlchemyError as error:
            log.warning("keeper.failed", what=what, error=str(error))
            return False
        return True

"""What a worker's main process writes: leases, rescues and burials, in bounded time.

It runs in the worker's event loop, so everything here gives up after seconds and says so. What is
to be buried goes to a file on disk while PostgreSQL is away.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config.telemetry import LETTERS_SPOOLED
from core.clock import SystemClock
from core.deadletters.sheet import Sheet
from core.deadletters.spooled import LetterSpool
from core.errors import ErrorReport, MendlineError
from core.store import deliveries
from core.store import work as rows
from core.store.deadletters import Capture, insert_capture
from core.store.engine import Database
from core.store.refused import refused
from core.store.work import WorkOrder
from core.work import lease, revocation

log = structlog.get_logger()

STATEMENT_LIMIT: Final = text("SET LOCAL statement_timeout = '2s'")
# Letters of that many bytes are not waited for in the event loop.
LARGE: Final = 8 * 2**20
# A database that was away is not asked again at once: each time may cost seconds.
AWAY_SECONDS: Final = 3.0
DRAINED_AT_ONCE: Final = 50


class Keeper:
    """Every method answers False, or None, where nothing took it."""

    def __init__(self, database: Database, worker: str, spool: LetterSpool) -> None:
        self._database = database
        self._worker = worker
        self._spool = spool
        self._clock = SystemClock()
        self._away_until = 0.0

    def renew(self, work_ids: Sequence[int]) -> bool:
        return self._write("renew", lambda session: lease.renew(session, self._worker, work_ids))

    def abandon(self, work_id: int, reason: str) -> bool:
        now = self._clock.now()
        return self._write(
            "abandon",
            lambda session: lease.abandon(session, self._worker, [work_id], reason=reason, now=now),
        )

    def revoke(self, work_id: int, failed: ErrorReport) -> bool:
        """The row ends with a dead letter, so that nobody sends or starts it again."""
        now = self._clock.now()
        return self._write(
            "revoke",
            lambda session: revocation.revoke(
                session, self._worker, work_id, failed=failed, now=now
            ),
        )

    def enrol(self, order: WorkOrder) -> bool:
        """From here on the ledger counts the attempts; its dispatcher sends the message.

        What is due at once is so by the database's clock, whatever that of this host says.
        """
        return self._kept("enrol", order, lambda session: rows.add(session, order, _now(session)))

    def bury(self, capture: Capture) -> bool:
        now = self._clock.now()
        return self._kept("bury", capture, lambda session: insert_capture(session, capture, now))

    def delivered(self, key: str) -> int | None:
        """How often this message came back, with this time."""
        counted: list[int] = []
        now = self._clock.now()
        written = self._write(
            "count", lambda session: counted.append(deliveries.count(session, key, now))
        )
        return counted[0] if written else None

    def settled(self, key: str) -> bool:
        now = self._clock.now()
        return self._write("settle", lambda session: deliveries.forget(session, key, now))

    def drain(self) -> None:
        """Brings in what was kept on disk, a little at a time."""
        waiting = self._spool.waiting().files
        if waiting and self._clock.monotonic() >= self._away_until:
            try:
                drained = self._spool.drain(self._database, most=DRAINED_AT_ONCE)
            except (SQLAlchemyError, OSError) as error:
                self._gone("drain", error)
            else:
                waiting -= drained
                log.info("letters.drained", letters=drained, waiting=waiting)
        LETTERS_SPOOLED.set(waiting)

    def close(self) -> None:
        self._database.dispose()

    def _kept(
        self, what: str, content: Capture | WorkOrder, statements: Callable[[Session], Any]
    ) -> bool:
        large = isinstance(content, Capture) and len(content.raw or b"") > LARGE
        if not large and self._write(what, statements):
            return True
        try:
            self._spool.keep(Sheet(self._clock.now(), content))
        except (OSError, MendlineError, ValueError, TypeError) as error:
            log.error("letter.not_kept", what=what, error=str(error))  # noqa: TRY400 (no trace)
            return False
        log.warning("letter.spooled", what=what)
        return True

    def _write(self, what: str, statements: Callable[[Session], Any]) -> bool:
        if self._clock.monotonic() < self._away_until:
            return False
        try:
            with self._database.transaction() as session:
                session.execute(STATEMENT_LIMIT)
                statements(session)
        except (SQLAlchemyError, ValueError, TypeError) as error:
            self._gone(what, error)
            return False
        return True

    def _gone(self, what: str, error: Exception) -> None:
        if isinstance(error, SQLAlchemyError) and not refused(error):
            self._away_until = self._clock.monotonic() + AWAY_SECONDS
        log.warning("keeper.failed", what=what, error=str(error))


def _now(session: Session) -> datetime:
    now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return now

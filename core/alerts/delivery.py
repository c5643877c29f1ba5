"""Gets one notification to its channel: every attempt a row, nothing told after what ends it.

A row says that an attempt begins before it does, so what a kill broke off is known. Its repeat
carries the same id and the same dedup key.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from sqlalchemy.exc import OperationalError

from core.alerts.channel import Notice, Receipt, TransportError
from core.alerts.declared import Book, Declaration
from core.alerts.notify import target
from core.alerts.snapshot import read
from core.alerts.template import worded
from core.clock import Clock
from core.errors import MendlineError
from core.resilience.breaker import BreakerOpenError
from core.store import alert_traces
from core.store import notifications as rows
from core.store.engine import Database
from core.store.notifications import Outcome

log = structlog.get_logger()

ERROR: Final = 1_000
# While the database is away; the lease of the work is somewhat longer.
PATIENCE, PAUSE = 10.0, 0.2

Guarded = Callable[[str], AbstractContextManager[object]]


class Observe(Protocol):
    """Is told of each attempt; `seconds` from the decision to the delivery, where it is one."""

    def __call__(self, channel: str, outcome: str, seconds: float | None = None) -> None: ...


def unobserved(channel: str, outcome: str, seconds: float | None = None) -> None:
    """For those who count nothing."""


@dataclass(frozen=True, slots=True)
class Underway:
    """An attempt that has its row."""

    attempt_id: int
    channel: str
    notice: Notice
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Deliverer:
    """`guarded` puts the breaker of a target around what is done."""

    database: Database
    book: Book
    guarded: Guarded
    clock: Clock
    observe: Observe = unobserved

    def deliver(self, notification_id: int) -> Mapping[str, Any]:
        """No transaction is open while it is sent. That it was taken is written down before work
        ends: an attempt that comes after that sends nothing.
        """
        under_way = self._begin(notification_id)
        if isinstance(under_way, str):
            return {"sent": False, "reason": under_way}
        receipt = self._sent(under_way)
        self._write_down(notification_id, under_way, receipt)
        waited = (self.clock.now() - under_way.decided_at).total_seconds()
        self.observe(under_way.channel, "delivered", waited)
        log.info(
            "alert.delivered",
            notification_id=notification_id,
            channel=under_way.channel,
            status=receipt.status,
            webhook_id=under_way.notice.webhook_id,
        )
        return {"sent": True, "status": receipt.status, "provider_id": receipt.provider_id}

    def _write_down(self, notification_id: int, under_way: Underway, receipt: Receipt) -> None:
        """Tried until the database is back: what was taken is not to be sent again."""
        until, said = self.clock.monotonic() + PATIENCE, False
        while True:
            try:
                with self.database.transaction() as session:
                    rows.ended(session, under_way.attempt_id, _taken(receipt, self.book))
                    now, thread = self.clock.now(), receipt.thread
                    rows.close(session, notification_id, rows.DELIVERED, now, thread=thread)
            except OperationalError as error:
                if self.clock.monotonic() > until:
                    raise
                if not said:
                    log.info("alert.unwritten", notification_id=notification_id, error=str(error))
                said = True
                time.sleep(PAUSE)
            else:
                return

    def give_up(self, notification_id: int, why: str) -> None:
        """No further attempt is made, until somebody replays it. Of a channel that cannot be used
        a warning was given when it was loaded; the trace of each alert says it all the same.
        """
        now, told = self.clock.now(), self.book.masked(why)
        with self.database.transaction() as session:
            found = rows.locked(session, notification_id)
            if found is None or not rows.close(session, notification_id, rows.DEAD, now):
                return
            alert_traces.given_up(session, found, told[:ERROR], now=now)
            known = found.channel not in self.book.declared
        say = log.info if known else log.error
        say("alert.undelivered", notification_id=notification_id, error=told)

    def _begin(self, notification_id: int) -> Underway | str:
        """An attempt, or the word for why none is made."""
        with self.database.transaction() as session:
            found, now = rows.locked(session, notification_id), self.clock.now()
            if found is None or found.state not in rows.OPEN:
                return "gone" if found is None else found.state
            if rows.followed(session, found):
                rows.close(session, found.id, rows.SUPERSEDED, now)
                return rows.SUPERSEDED
            notice = read(found.notice, thread=rows.thread(session, found))
            attempt_id = rows.begin(session, found, now)
            return Underway(attempt_id, found.channel, notice, found.created_at)

    def _sent(self, under_way: Underway) -> Receipt:
        begun = time.perf_counter()
        try:
            declared = self.book.find(under_way.channel)
            return self._guarded(declared, under_way)
        except BreakerOpenError:
            with self.database.transaction() as session:
                rows.unmade(session, under_way.attempt_id)
            raise
        except MendlineError as error:
            outcome = self._failed(error, time.perf_counter() - begun)
            self.observe(under_way.channel, "refused" if error.permanent else "failed")
            with self.database.transaction() as session:
                rows.ended(session, under_way.attempt_id, outcome)
            raise

    def _guarded(self, declared: Declaration, under_way: Underway) -> Receipt:
        notice = worded(under_way.notice, declared.wording)
        with self.guarded(target(under_way.channel)):
            return declared.channel.send(notice, timeout=declared.timeout)

    def _failed(self, error: MendlineError, seconds: float) -> Outcome:
        told = error if isinstance(error, TransportError) else TransportError()
        return Outcome(
            seconds=seconds,
            status=told.status,
            excerpt=self.book.masked(told.excerpt) or None,
            retry_after=error.retry_after,
            error=self.book.masked(str(error))[:ERROR],
        )


def _taken(receipt: Receipt, book: Book) -> Outcome:
    return Outcome(
        seconds=receipt.seconds,
        status=receipt.status,
        excerpt=book.masked(receipt.excerpt) or None,
        provider_id=receipt.provider_id,
    )

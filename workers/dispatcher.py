"""The loop that publishes work when it is due: woken by PostgreSQL, and by itself every second."""

import threading
from typing import Final

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.errors import MendlineError
from core.store.engine import Database, connect_arguments, libpq_url
from core.store.work import WAKE_CHANNEL
from core.vital import VitalThread
from core.work.dispatch import Round
from core.work.ledger import Ledger
from core.work.picking import AHEAD
from core.work.sender import TaskSender

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
# While due rows wait for room at the broker, nobody says when there is some.
FIRST_LOOK_SECONDS: Final = 0.02
LAST_LOOK_SECONDS: Final = 0.25
RECONCILE_SECONDS: Final = 2.0
AFTER_FAILURE_SECONDS: Final = 0.5


class Dispatcher:
    """A thread of its own, so that a slow duty of the controller delays no work."""

    def __init__(self, database: Database, sender: TaskSender, clock: Clock) -> None:
        self._database = database
        self._ledger = Ledger(database, sender, clock)
        self._clock = clock
        self._stopped = threading.Event()
        self._reconcile_at = 0.0
        self._thread = VitalThread(self._run, name="dispatcher")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=POLL_SECONDS + 5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._listening() as connection:
                    self._dispatch_until_stopped(connection)
            except (SQLAlchemyError, psycopg.Error, MendlineError) as error:
                log.warning("dispatcher.interrupted", error=str(error))
                self._stopped.wait(AFTER_FAILURE_SECONDS)

    def _listening(self) -> psycopg.Connection:
        connection = psycopg.connect(
            libpq_url(self._database.url), autocommit=True, **connect_arguments("mendline-dispatch")
        )
        connection.execute(f"LISTEN {WAKE_CHANNEL}")
        return connection

    def _dispatch_until_stopped(self, connection: psycopg.Connection) -> None:
        pause = POLL_SECONDS
        while not self._stopped.is_set():
            done = self._ledger.dispatch_round()
            if self._clock.monotonic() >= self._reconcile_at:
                self._reconcile_at = self._clock.monotonic() + RECONCILE_SECONDS
                self._ledger.reconcile()
            if not done.more:
                pause = pause_after(done, pause)
                for _ in connection.notifies(timeout=pause, stop_after=1):
                    pass


def pause_after(done: Round, before: float) -> float:
    """Seconds to the next look unless somebody wakes us: short while rows wait for room.

    As short as it takes to find a good part of the window free again: looks that find room for
    a few rows cost more than all that they send.
    """
    if not done.blocked:
        return POLL_SECONDS
    if before == POLL_SECONDS:
        return FIRST_LOOK_SECONDS
    if done.sent < AHEAD // 4:
        return min(before * 2, LAST_LOOK_SECONDS)
    return max(before / 2, FIRST_LOOK_SECONDS) if done.sent > AHEAD // 2 else before

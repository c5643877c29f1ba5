"""A batch makes known what it is about to do; a row that ended every process is put away unread."""

from collections.abc import Sequence
from typing import Final

import psycopg
import structlog
from psycopg.errors import CheckViolation, DeadlockDetected, SerializationFailure
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from core.clock import Clock
from core.digest import flights
from core.digest.claim import ClaimedRow
from core.digest.flights import Flight
from core.errors import Category, DatabaseConflictError, MendlineError, report
from core.store.deadletters import Capture, insert_capture
from core.store.engine import Database, driver_connection
from core.store.refused import LIMIT_CLASS

log = structlog.get_logger()

# What the event is stored under that nobody could look at.
FAILURE: Final = "every process that digested it was lost"
# Somebody merged issues, dropped a partition, or waited for us in a circle.
CONFLICTS: Final = (
    CheckViolation,
    DeadlockDetected,
    SerializationFailure,
    DatabaseConflictError,
)
AWAY: Final = (psycopg.OperationalError, OperationalError, InterfaceError)
# PostgreSQL ends a transaction that stands still for so long; then its rows are to blame.
STANDSTILL_SECONDS: Final = 15


class PoisonEventError(MendlineError):
    """Every process that digested this event was lost with it."""

    code = "ML-MSG-0007"
    category = Category.OTHER_PERMANENT


class Tower:
    """The flights of one worker, written by transactions of their own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._flying: tuple[Flight, Flight | None] | None = None
        self._excused: tuple[Flight, Flight | None] | None = None
        self._begun = 0.0

    def take_off(self, session: Session, rows: Sequence[ClaimedRow]) -> Flight:
        """With rows that nobody has tried yet."""
        ids = [row.id for row in rows]
        flight = Flight(flights.number(driver_connection(session)), ids, alone=int(len(ids) == 1))
        self._write(flight, None)
        return flight

    def again(self, crashed: Flight) -> Flight:
        """With the one row of a crashed flight that is locked for us."""
        flight = Flight(crashed.id, crashed.rows, crashed.alone + 1)
        self._write(flight, crashed)
        return flight

    def excuse(self, error: Exception) -> None:
        """What kept the flight from landing lay not in its rows: they are as they were before.

        Not so where the connection was lost after it had stood still: the next one would be, too.
        """
        flying, self._flying = self._flying, None
        flown = self._clock.monotonic() - self._begun
        if flown < STANDSTILL_SECONDS or isinstance(error, CONFLICTS):
            self._excused = flying
            self.release()

    def release(self) -> None:
        """What an excuse could not write while PostgreSQL was away."""
        if self._excused is None:
            return
        flight, before = self._excused
        with self._database.transaction() as session:
            connection = driver_connection(session)
            if before is None:
                flights.land(connection, flight.id)
            else:
                flights.write(connection, before, self._clock.now())
        self._excused = None

    def _write(self, flight: Flight, before: Flight | None) -> None:
        with self._database.transaction() as session:
            flights.write(driver_connection(session), flight, self._clock.now())
        self._flying, self._begun = (flight, before), self._clock.monotonic()


def passing(error: Exception) -> bool:
    """Whether the same rows may do better next time."""
    if isinstance(error, CONFLICTS):
        return True
    found = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(found, "sqlstate", None) or "")
    return isinstance(error, AWAY) and not state.startswith(LIMIT_CLASS)


def capture(session: Session, row: ClaimedRow, flight: Flight, clock: Clock) -> None:
    """The event as it came, for people who dare to look at it."""
    item = row.item
    error = PoisonEventError(event_id=item.event_id.hex)
    log.error("digest.poison", row=row.id, event_id=item.event_id.hex)
    letter = Capture(
        capture_key=f"inbox-{item.project_id}-{item.event_id.hex}",
        reason="poison",
        task="analysis.digest",
        message_id=item.event_id.hex,
        project_id=item.project_id,
        headers={"kind": item.kind.name, "encoding": item.encoding.name, "hints": item.hints},
        raw=item.body,
        error=report(error),
        attempts=flight.alone - 1,
    )
    insert_capture(session, letter, clock.now())

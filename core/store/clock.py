"""The time by the database, which all hosts share; that of a single host may be wrong, or jump."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.store.engine import Database

log = structlog.get_logger()

ASK_EVERY: Final = 60.0
ASK_AGAIN: Final = 5.0
_NOW: Final = select(func.clock_timestamp())


class DatabaseClock:
    """Asks the database once a minute; in between it goes on with `own.monotonic`.

    Until the database has answered for the first time it is the time of this host.
    """

    def __init__(self, database: Database, own: Clock) -> None:
        self._database = database
        self._own = own
        self._told: tuple[datetime, float] | None = None
        self._ask_at = 0.0

    def now(self) -> datetime:
        if self.monotonic() >= self._ask_at:
            self._ask()
        if self._told is None:
            return self._own.now()
        moment, at = self._told
        return moment + timedelta(seconds=self.monotonic() - at)

    def monotonic(self) -> float:
        return self._own.monotonic()

    def _ask(self) -> None:
        self._ask_at = self.monotonic() + ASK_AGAIN
        try:
            with self._database.transaction() as session:
                told = session.execute(_NOW).scalar_one()
        except SQLAlchemyError as error:
            log.debug("clock.not_told", error=str(error))
            return
        self._told = told, self.monotonic()
        self._ask_at = self.monotonic() + ASK_EVERY

"""Celery's beat on PostgreSQL: any number of them share the slots, and none is special."""

from datetime import datetime
from typing import Any, Final

import structlog
from celery.beat import Scheduler as CeleryScheduler
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from config.telemetry import SCHEDULE_DELAY
from core.schedules import Claimed, claim_due, next_due, sync
from tasks.app import app
from tasks.schedule import JOBS

log = structlog.get_logger()

AFTER_FAILURE_SECONDS: Final = 0.5
SHORTEST_SLEEP_SECONDS: Final = 0.02
# A beat that is stopped in the middle of a transaction gives its rows back to the others.
GUARDS: Final = text("SET LOCAL idle_in_transaction_session_timeout = '4s'")


class Scheduler(CeleryScheduler):
    """Claims slots and writes their work in one transaction; the dispatcher publishes.

    The banner of beat makes a second instance that never ticks, so nothing connects before `tick`.
    """

    max_interval = 1

    def __init__(self, *args: Any, **options: Any) -> None:
        self._before: datetime | None = None  # of the last tick; clocks are also set back
        self._closed = False
        super().__init__(*args, **options)

    def setup_schedule(self) -> None:
        """Rows need no set-up."""

    @property
    def info(self) -> str:
        return "    . rows -> schedules"

    def tick(self, *_: Any, **__: Any) -> float:
        """Seconds to sleep. An exception would end beat."""
        try:
            claimed, wait = self._claim()
        except SQLAlchemyError as error:
            log.warning("beat.database_away", error=str(error))
            return AFTER_FAILURE_SECONDS
        for each in claimed:
            log.debug("schedule.claimed", job=each.job, slot=each.slot, work_id=each.work_id)
            SCHEDULE_DELAY.labels(each.job).observe(each.delay)
        return wait

    def close(self) -> None:
        """Comes twice on SIGTERM, once inside of the signal handler."""
        if not self._closed:
            self._closed = True
            app.runtime.database.dispose()

    def _claim(self) -> tuple[list[Claimed], float]:
        with app.runtime.database.transaction() as session:
            session.execute(GUARDS)
            now = session.scalar(select(func.clock_timestamp()))
            assert now is not None
            if self._before is None or now < self._before:
                sync(session, JOBS, now)
            claimed = claim_due(session, now)
            upcoming = next_due(session)
        self._before = now
        wait = (upcoming - now).total_seconds() if upcoming else self.max_interval
        return claimed, min(max(wait, SHORTEST_SLEEP_SECONDS), self.max_interval)

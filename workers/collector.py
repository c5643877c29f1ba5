"""Numbers that one process counts for all: what waits, how long, and what is left over."""

import math
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.telemetry import (
    DEADLETTERS_OPEN,
    ERRORS_UNMANAGED,
    PARTITION_DAYS_AHEAD,
    QUEUE_DEPTH,
    QUEUE_OLDEST,
    RECOVERY_AUTOMATIC,
    RECOVERY_MTTR,
    RECOVERY_RATE,
    WORK_ITEMS,
)
from core.clock import Clock
from core.errors import BrokerUnavailableError
from core.model import DeadLetter, WorkItem
from core.store import backlog, kpis, partitions
from core.store.engine import Database
from core.work.sender import TaskSender
from core.work.states import LIVE
from tasks.queues import Queue
from workers import forcing, outcomes, tidiness

log = structlog.get_logger()

FIGURES_EVERY: Final = timedelta(minutes=1)
FIGURES_OF: Final = timedelta(days=1)
ALL: Final = "all"
UNFINISHED: Final = sorted(LIVE)


class Collector:
    def __init__(self, database: Database, sender: TaskSender, clock: Clock) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock

        self._figured: datetime | None = None

    def collect(self) -> None:
        now = self._clock.now()
        with self._database.transaction() as session:
            waiting = backlog.by_queue(session, now)
            self._ledger(session)
            open_letters = select(func.count()).where(DeadLetter.state == "open")
            DEADLETTERS_OPEN.set(session.execute(open_letters).scalar_one())
            ahead = [day for day in partitions.days(session) if day > now.date()]
            PARTITION_DAYS_AHEAD.set(len(ahead))
            self._recovery(session, now)
            outcomes.collect(session, now)
            forcing.collect(session)
        for queue in Queue:
            rows = waiting.get(queue, backlog.Backlog(0, None))
            age = (now - rows.since).total_seconds() if rows.since else 0.0
            QUEUE_OLDEST.labels(str(queue)).set(max(age, 0.0))
            QUEUE_DEPTH.labels(str(queue)).set(rows.rows + self._messages(queue))

    def _recovery(self, session: Session, now: datetime) -> None:
        """Once a minute: the figures are of a whole day. What has no share is no number."""
        if self._figured is not None and now - self._figured < FIGURES_EVERY:
            return
        self._figured = now
        tidiness.collect(session, now)
        found = kpis.of(session, since=now - FIGURES_OF, until=now)
        for category, figures in {ALL: found.total, **found.by_category}.items():
            shown = (
                (RECOVERY_RATE, figures.recovery_rate),
                (RECOVERY_AUTOMATIC, figures.automatic_share),
                (RECOVERY_MTTR, figures.mttr_seconds),
                (ERRORS_UNMANAGED, figures.unmanaged_share),
            )
            for gauge, value in shown:
                gauge.labels(category).set(math.nan if value is None else value)

    def _ledger(self, session: Session) -> None:
        statement = (
            select(WorkItem.state, func.count())
            .where(WorkItem.state.in_(UNFINISHED))
            .group_by(WorkItem.state)
        )
        counts = dict(session.execute(statement).all())
        for state in UNFINISHED:
            WORK_ITEMS.labels(str(state)).set(counts.get(state, 0))

    def _messages(self, queue: str) -> int:
        try:
            return self._sender.depth(queue)
        except BrokerUnavailableError:
            log.warning("queue.depth_unknown", queue=queue)
            return 0

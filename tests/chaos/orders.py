"""Work that is decided at a steady pace, the way every part of the platform decides: by rows."""

import threading
import time
import uuid
from itertools import cycle

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.clock import SystemClock
from core.store.engine import Database
from core.store.work import WorkOrder, add
from tasks.queues import Queue

# By name: this process runs no tasks.
EFFECT = "chaos.effect"
QUEUES = (Queue.RECOVERY, Queue.ALERTS, Queue.MAINTENANCE, Queue.FIXES)
TABLES = (
    "CREATE SCHEMA IF NOT EXISTS chaos",
    "CREATE TABLE IF NOT EXISTS chaos.decided (item text, work_id bigint)",
    """CREATE TABLE IF NOT EXISTS chaos.effects
        (item text, attempt int, worker text, at timestamptz DEFAULT clock_timestamp())""",
)
UNDER_WAY = """
    SELECT count(*) FROM chaos.decided JOIN work_items ON id = work_id
    WHERE state IN ('waiting', 'published', 'running')"""
ENDS = "SELECT state, count(*) FROM chaos.decided JOIN work_items ON id = work_id GROUP BY state"
LOST = """
    SELECT item FROM chaos.decided AS d JOIN work_items ON id = work_id
    WHERE state <> 'dead' AND NOT EXISTS (SELECT FROM chaos.effects AS e WHERE e.item = d.item)
    UNION SELECT item FROM chaos.decided
    WHERE NOT EXISTS (SELECT FROM work_items WHERE id = work_id)"""
DOUBLED = "SELECT item FROM chaos.effects GROUP BY item HAVING count(*) > 1"
LONGEST_GAP = """
    SELECT coalesce(max(extract(epoch FROM at - before)), 0) FROM
    (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM chaos.effects) AS pairs"""
BATCH = 10
AFTER_FAILURE = 0.2


class Orders:
    """`rate` pieces of work a second until `total` are decided or it is told to stop.

    What a crash of the database left in doubt is settled by the tables: `chaos.decided` is written
    in the transaction of the decision. What it has confirmed must be in there, come what may.
    """

    def __init__(self, database_url, *, rate, total=None, seconds=0.01, lease=30):
        self.confirmed = set()
        self.failed = 0
        self._database = Database(database_url, application="drill", pool_size=2)
        self._clock = SystemClock()
        self._rate = rate
        self._total = total
        self._seconds = seconds
        self._lease = lease
        self._kinds = cycle(range(len(QUEUES) * 10))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self):
        with self._database.transaction() as session:
            for statement in TABLES:
                session.execute(text(statement))
        self._thread.start()

    def stop(self):
        self._end.set()
        self._thread.join()

    def close(self):
        self._database.dispose()

    @property
    def complete(self):
        return self._total is not None and len(self.confirmed) >= self._total

    def _run(self):
        if not self._rate:
            return
        pause = BATCH / self._rate
        while not self._end.is_set() and not self.complete:
            started = time.monotonic()
            try:
                self.confirmed |= self._decide(self._size())
            except SQLAlchemyError:
                self.failed += 1
                self._end.wait(AFTER_FAILURE)
            self._end.wait(max(0.0, pause - (time.monotonic() - started)))

    def _size(self):
        return BATCH if self._total is None else min(BATCH, self._total - len(self.confirmed))

    def _decide(self, count):
        items = [uuid.uuid4().hex for _ in range(count)]
        with self._database.transaction() as session:
            for item in items:
                kind = next(self._kinds)
                arguments = {"item": item, "seconds": self._seconds}
                queue, priority = QUEUES[kind % len(QUEUES)], kind // len(QUEUES)
                order = WorkOrder(
                    EFFECT, arguments, queue, priority=priority, lease_seconds=self._lease
                )
                self._note(session, item, order)
        return set(items)

    def _note(self, session, item, order):
        added = add(session, order, self._clock.now())
        values = {"item": item, "work_id": added.work_id}
        session.execute(text("INSERT INTO chaos.decided VALUES (:item, :work_id)"), values)
        return added.work_id

    def one(self, *, seconds):
        """A single piece of work; the id of its row."""
        item = uuid.uuid4().hex
        arguments = {"item": item, "seconds": seconds}
        order = WorkOrder(EFFECT, arguments, Queue.MAINTENANCE, lease_seconds=self._lease)
        with self._database.transaction() as session:
            work_id = self._note(session, item, order)
        self.confirmed.add(item)
        return work_id

    def under_way(self):
        return self._one(UNDER_WAY)

    def finished(self):
        return self._one("SELECT count(*) FROM chaos.effects")

    def longest_gap(self):
        return float(self._one(LONGEST_GAP))

    def ends(self):
        with self._database.transaction() as session:
            return dict(session.execute(text(ENDS)).all())

    def lost(self):
        """Decided and neither done in effect nor in the dead-letter office; or not even known."""
        decided = set(self._column("SELECT item FROM chaos.decided"))
        return sorted(set(self._column(LOST)) | (self.confirmed - decided))

    def doubled(self):
        return sorted(self._column(DOUBLED))

    def _column(self, statement):
        with self._database.transaction() as session:
            return session.scalars(text(statement)).all()

    def _one(self, statement):
        with self._database.transaction() as session:
            return session.execute(text(statement)).scalar_one()

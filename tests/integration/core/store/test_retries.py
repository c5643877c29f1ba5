from datetime import timedelta

import pytest

from core.errors import DependencyError, InvalidInputError, RateLimitedError, report
from core.store import retries
from core.store.retries import Count, Slot
from core.store.work import WorkOrder
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store

HOUR = NOW.replace(minute=0)


class Works:
    """Pieces of work that end as told: a failure an attempt, then done, or given up."""

    def __init__(self, database, clock):
        self.database = database
        self.clock = clock
        self.sender = MemorySender()
        self.ledger = Ledger(database, self.sender, clock)

    def run(self, *failures, done=True):
        with self.database.transaction() as session:
            work_id = self.ledger.add(session, WorkOrder("t.do", {}, "alerts", max_attempts=9))
        for number, error in enumerate(failures, 1):
            if number == len(failures) and not done:
                self.ledger.give_up(self.start(work_id), report(error), reason="exhausted")
                return
            self.ledger.retry(self.start(work_id), report(error), delay=0)
        started = self.start(work_id)
        with self.database.transaction() as session:
            self.ledger.finish(session, started)

    def start(self, work_id):
        self.ledger.dispatch_due()
        self.sender.messages.clear()
        return self.ledger.start(work_id, task="t.do", message_id="m", worker="w")

    def measure(self):
        self.clock.advance(10)
        with self.database.transaction() as session:
            return retries.measure(session, self.clock.now())

    def rates(self):
        with self.database.transaction() as session:
            return [tuple(row) for row in retries.summed(session, HOUR)]


@pytest.fixture
def works(database, clock):
    return Works(database, clock)


def test_attempts_are_measured_by_what_failed_before_them(works):
    works.run(DependencyError())
    works.run(DependencyError(), DependencyError())
    works.run(DependencyError(), RateLimitedError(), DependencyError(), done=False)
    works.run(InvalidInputError(), done=False)
    works.run()
    works.measure()
    assert works.rates() == [
        ("rate_limit", "task:t.do", 3, 1, 1),
        ("unavailable", "task:t.do", 2, 3, 2),
        ("unavailable", "task:t.do", 3, 1, 0),
    ]


def test_what_was_measured_is_not_measured_again(works):
    works.run(DependencyError())
    assert [works.measure().rates for _ in range(3)] == [1, 0, 0]
    works.run(DependencyError())
    works.measure()
    assert works.rates() == [("unavailable", "task:t.do", 2, 2, 0)]


def test_counts_of_an_hour_add_up_and_old_ones_are_left_out(database):
    def count(hour, tried, failed):
        return Count(Slot("timeout", "cart", 2, hour), tried, failed)

    with database.transaction() as session:
        retries.add(session, [count(HOUR, 3, 1), count(HOUR - timedelta(hours=1), 100, 100)])
        retries.add(session, [count(HOUR, 2, 2)])
        retries.add(session, [])
        assert retries.summed(session, HOUR) == [("timeout", "cart", 2, 5, 3)]

"""One platform of processes for breakers: in memory, or in Redis and PostgreSQL."""

import time

from core.clock import FixedClock, SystemClock
from core.resilience.breaker.breakers import Breakers
from core.resilience.breaker.chronicle import MemoryChronicle
from core.resilience.breaker.memory import MemoryBreakers
from core.resilience.breaker.redis_shared import RedisBreakers
from core.resilience.breaker.rows import Ledger, RowChronicle
from core.resilience.breaker.settings import BreakerSettings, SettingsBook
from core.store import breakers
from core.work import holds
from tests.conftest import NOON

LEDGER = Ledger(holds.hold, holds.release, own_project="mendline")


class World:
    """`process` makes the breakers of one more process; what is decided is so at once."""

    handover = 0.0

    def process(self, reporter="here", **settings):
        book = SettingsBook(BreakerSettings().changed({"ramp_seconds": 0, **settings}))
        return Breakers(
            self.shared,
            self.chronicle,
            book=book,
            clock=self.clock,
            reporter=reporter,
            handover=self.handover,
        )


class Memory(World):
    unit = 1.0  # seconds of a short time

    def __init__(self):
        self.clock = FixedClock(NOON)
        self.shared = MemoryBreakers(self.clock)
        self.chronicle = MemoryChronicle()

    def wipe(self):
        self.shared.clear()

    def pass_time(self, seconds):
        self.clock.advance(seconds)

    @property
    def history(self):
        return [(shift.old.state, shift.new.state) for shift in self.chronicle.shifts]


class Real(World):
    unit = 0.1

    def __init__(self, client, database):
        self.client, self.database = client, database
        self.clock = SystemClock()
        self.shared = RedisBreakers(client)
        self.chronicle = RowChronicle(database, LEDGER)

    def wipe(self):
        self.client.flushdb()

    def pass_time(self, seconds):
        time.sleep(seconds)

    @property
    def history(self):
        with self.database.transaction() as session:
            page = breakers.history(session, "pay")
            return [(row[0].old, row[0].new) for row in reversed(page.rows)]

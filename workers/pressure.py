"""While a host is critically short of memory, work of low priority waits on every host.

A hold with an end of its own: it goes when the memory has recovered, and also when nobody leads.
"""

from datetime import timedelta
from typing import Final

import structlog

from core.clock import Clock
from core.resilience.watermarks import Level
from core.store import agents
from core.store.bands import LOW_PRIORITY
from core.store.engine import Database
from core.work import holds
from workers.budget import machine_of
from workers.lookout import SILENT

log = structlog.get_logger()

HOLDER: Final = "memory"
HELD: Final = timedelta(seconds=15)


class Pressure:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._holds = False

    def relieve(self) -> None:
        now = self._clock.now()
        with self._database.transaction() as session:
            short = {
                agent.host
                for agent in agents.every(session)
                if now - agent.seen_at <= SILENT
                and machine_of(agent).get("memory") == Level.CRITICAL.word
            }
            if short:
                told = f"memory is critically short on {', '.join(sorted(short))}"
                holds.hold(session, LOW_PRIORITY, HOLDER, until=now + HELD, reason=told)
            elif self._holds:
                holds.release(session, LOW_PRIORITY, HOLDER)
        if bool(short) is not self._holds:
            log.warning("memory.pressure", held=bool(short), hosts=sorted(short))
        self._holds = bool(short)

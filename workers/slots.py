"""As many wake-ups of the digest under way as there are children to take them, on all hosts."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from core.clock import Clock
from core.digest.wake import KIND
from core.model import Agent
from core.store import agents
from core.store.counters import Counters
from core.store.engine import Database
from tasks.queues import Queue
from workers.pools import Pool

# After that long without a word from the fleet the usual number holds again.
TTL_SECONDS: Final = 60.0
SILENT: Final = timedelta(seconds=10)


class Slots:
    def __init__(
        self, database: Database, counters: Counters, clock: Clock, known: Mapping[str, Pool]
    ) -> None:
        self._database = database
        self._counters = counters
        self._clock = clock
        self._pools = frozenset(
            name
            for name, pool in known.items()
            if Queue.ANALYSIS in pool.queues and not pool.critical_only
        )

    def allow(self) -> None:
        with self._database.transaction() as session:
            found = children(agents.every(session), self._pools, since=self._clock.now() - SILENT)
        self._counters.allow(KIND, max(found, 1), ttl=TTL_SECONDS)


def children(known: Iterable[Agent], pools: frozenset[str], *, since: datetime) -> int:
    return sum(each.target for each in known if each.pool in pools and each.seen_at >= since)

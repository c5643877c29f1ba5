"""The digest of one process, composed from its settings."""

import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from config import wiring
from config.knowledge import knowledge
from config.telemetry import DIGEST_BATCH, DIGEST_LAG, DIGEST_SECONDS, EVENTS_DIGESTED
from core.digest.batch import Batch, Digester, Means, Rules
from core.digest.drain import Drain
from core.digest.thinning import Thinning
from core.digest.wake import Wake
from core.errors import DependencyError
from core.store.counters import RedisCounters
from core.store.payloads import Payloads
from tasks.queues import Queue

if TYPE_CHECKING:
    from tasks.runtime import Runtime

log = structlog.get_logger()

DIGEST: Final = "analysis.digest"
PRIORITY: Final = 3
# What looks at the signals that a batch left for recovery; the sweep finds what this one misses.
PLAN: Final = "recovery.plan"
PLAN_PRIORITY: Final = 2
# Lines of the books: processes that count at the same time should seldom share one.
WRITERS: Final = 32


def wake(runtime: "Runtime") -> Wake:
    """Sends `analysis.digest` when a slot is free; for the tasks and for the API."""

    def publish(token: str | None) -> None:
        runtime.sender.wake(DIGEST, queue=Queue.ANALYSIS, priority=PRIORITY, token=token)

    return Wake(RedisCounters(runtime.redis), publish)


def _wake_recovery(runtime: "Runtime") -> None:
    try:
        runtime.sender.wake(PLAN, queue=Queue.RECOVERY, priority=PLAN_PRIORITY)
    except DependencyError as error:
        log.warning("recovery.wake_failed", error=str(error))


def drain(runtime: "Runtime") -> Drain:
    means = Means(
        database=runtime.database,
        payloads=Payloads(),
        knowledge=knowledge(runtime.settings.knowledge_dir),
        clock=runtime.clock,
        order=runtime.ledger.add,
        seal=wiring.seal(runtime.settings),
    )
    settings = runtime.settings
    rules = Rules(
        size=settings.digest_batch,
        thinning=Thinning(settings.thin_above, settings.thin_keep),
        skew=timedelta(seconds=settings.max_clock_skew_seconds),
    )
    digester = Digester(means, rules, writer=os.getpid() % WRITERS)

    def observe(batch: Batch, seconds: float) -> None:
        DIGEST_SECONDS.observe(seconds)
        DIGEST_BATCH.observe(batch.rows)
        EVENTS_DIGESTED.labels("stored").inc(batch.stored - batch.thinned)
        EVENTS_DIGESTED.labels("thinned").inc(batch.thinned)
        EVENTS_DIGESTED.labels("duplicate").inc(batch.duplicates)
        if batch.recoverable:
            _wake_recovery(runtime)
        if batch.oldest is not None:
            DIGEST_LAG.set((runtime.clock.now() - batch.oldest).total_seconds())

    return Drain(digester, runtime.wake, clock=runtime.clock, pause=time.sleep, observe=observe)

"""Composes the breakers of one process, and counts what they do."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from redis import Redis

from config import breakers as loading
from config.settings import Settings
from config.telemetry import BREAKER_CALLS, BREAKER_SHUT, BREAKER_SLOW, BREAKER_TRANSITIONS
from core.clock import Clock
from core.resilience.breaker import (
    Breakers,
    Ledger,
    Listeners,
    MemoryBreakers,
    RedisBreakers,
    RowChronicle,
)
from core.resilience.breaker.chronicle import NoChronicle
from core.resilience.breaker.keeper import LEASE_SECONDS
from core.resilience.breaker.standing import Standing, State
from core.resilience.breaker.tender import Tender
from core.resilience.breaker.transition import Tally
from core.resilience.bucket import RedisBuckets
from core.resilience.budget import RetryBudget
from core.store.engine import Database
from core.work import holds

OWN_PROJECT: Final = "mendline"
LEDGER: Final = Ledger(holds.hold, holds.release, OWN_PROJECT)
# Foreign applications choose names; beyond so many of them they share a label.
MOST_LABELS: Final = 200
_labels: set[str] = set()


@dataclass(frozen=True, slots=True)
class Kept:
    """`close` when the process ends."""

    breakers: Breakers
    budget: RetryBudget
    tender: Tender


def breakers(
    settings: Settings,
    database: Database,
    redis: Redis,
    clock: Clock,
    *,
    handover: float = LEASE_SECONDS,
) -> Kept:
    tender = Tender(redis)
    found = Breakers(
        RedisBreakers(redis),
        RowChronicle(database, LEDGER),
        book=loading.book(settings.breakers_file),
        clock=clock,
        reporter=socket.gethostname(),
        listeners=Listeners(counted=_counted, changed=_changed, used=tender.used),
        handover=handover,
    )
    tender.attach(found)
    return Kept(found, RetryBudget(RedisBuckets(redis), clock), tender)


def of_this_process(
    settings: Settings, clock: Clock, changed: Callable[[Standing, Standing], None]
) -> Breakers:
    """Shared with nobody: for what the others are shared through."""

    def told(old: Standing, new: Standing) -> None:
        _changed(old, new)
        changed(old, new)

    return Breakers(
        MemoryBreakers(clock),
        NoChronicle(),
        book=loading.book(settings.breakers_file),
        clock=clock,
        reporter=socket.gethostname(),
        listeners=Listeners(counted=_counted, changed=told),
        handover=0.0,
    )


def _counted(name: str, tally: Tally, refused: int) -> None:
    label = _label(name)
    counts = {"success": tally.calls - tally.failures, "failure": tally.failures}
    for outcome, count in (counts | {"refused": refused}).items():
        if count:
            BREAKER_CALLS.labels(label, outcome).inc(count)
    if tally.slow:
        BREAKER_SLOW.labels(label).inc(tally.slow)


def _changed(_old: Standing, new: Standing) -> None:
    label = _label(new.name)
    BREAKER_TRANSITIONS.labels(label, new.state.value).inc()
    half = 0.5 if new.state is State.HALF_OPEN else 1.0
    shut = new.state.shown != "closed"
    BREAKER_SHUT.labels(label).set(half if shut else 0.0)


def _label(name: str) -> str:
    if name not in _labels and len(_labels) >= MOST_LABELS:
        return "others"
    _labels.add(name)
    return name

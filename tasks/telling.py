"""What gets notifications of alerts to their channels, composed from the settings of a process."""

import hashlib
from typing import TYPE_CHECKING, Final

import structlog
from redis import RedisError

from config import alerting, wiring
from config.telemetry import ALERT_DELIVERIES, ALERT_DELIVERY_SECONDS
from core.alerts.delivery import Deliverer
from core.store.notifications import Promised

if TYPE_CHECKING:
    from tasks.runtime import Runtime

log = structlog.get_logger()

DAY: Final = 86_400


def deliverer(runtime: "Runtime") -> Deliverer:
    book, problems = wiring.channels(runtime.settings)
    for problem in problems:
        if _first(runtime, problem):
            log.warning("alert.channel_unusable", problem=problem)
    return Deliverer(runtime.database, book, runtime.guarded, runtime.clock, observe)


def _first(runtime: "Runtime", problem: str) -> bool:
    """Many processes load the same files again and again; once a day one of them says it."""
    name = "alert-channel-" + hashlib.blake2b(problem.encode(), digest_size=8).hexdigest()
    try:
        return bool(runtime.redis.set(name, 1, nx=True, ex=DAY))
    except RedisError:
        return True


def promised(runtime: "Runtime") -> Promised:
    """Who is told of ends, as configuration has it now."""
    book, plan = runtime.deliverer.book, alerting.plan(runtime.settings)
    others = frozenset(book.declared) - book.stateful - book.quiet
    return Promised(book.stateful, others, plan.firing_only)


def observe(channel: str, outcome: str, seconds: float | None = None) -> None:
    """Counts what the deliverer tells."""
    ALERT_DELIVERIES.labels(channel, outcome).inc()
    if seconds is not None:
        ALERT_DELIVERY_SECONDS.labels(channel).observe(seconds)

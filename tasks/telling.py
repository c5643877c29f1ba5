"""What gets notifications of alerts to their channels, composed from the settings of a process."""

from typing import TYPE_CHECKING

import structlog

from config import alerting, wiring
from config.telemetry import ALERT_DELIVERIES, ALERT_DELIVERY_SECONDS
from core.alerts.delivery import Deliverer
from core.store.notifications import Promised

if TYPE_CHECKING:
    from tasks.runtime import Runtime

log = structlog.get_logger()


def deliverer(runtime: "Runtime") -> Deliverer:
    book, problems = wiring.channels(runtime.settings)
    for problem in problems:
        log.error("alert.channel_unusable", problem=problem)
    return Deliverer(runtime.database, book, runtime.guarded, runtime.clock, observe)


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

"""The clock of alerts: every two seconds the leader asks for a look at the rules."""

from typing import Final

import structlog

from core.errors import DependencyError
from core.store.counters import Counters
from core.work.sender import TaskSender
from tasks.queues import Queue

log = structlog.get_logger()

EVERY_SECONDS: Final = 2.0
EVALUATE: Final = "alerts.evaluate"
KIND: Final = "alerts"
PRIORITY: Final = 1
# A wake-up that got lost holds up the others for so long.
SLOT_SECONDS: Final = 10.0


class AlertClock:
    """At most one wake-up waits: with the workers away they do not pile up."""

    def __init__(self, sender: TaskSender, counters: Counters) -> None:
        self._sender = sender
        self._counters = counters

    def tick(self) -> None:
        try:
            token = self._counters.take(KIND, slots=1, ttl=SLOT_SECONDS)
        except DependencyError as error:
            # Nobody knows what waits; a look too many does no harm.
            log.warning("alerts.slot_unknown", error=str(error))
            self._sender.wake(EVALUATE, queue=Queue.ALERTS, priority=PRIORITY)
            return
        if token is not None:
            told = str(token)
            self._sender.wake(EVALUATE, queue=Queue.ALERTS, priority=PRIORITY, token=told)

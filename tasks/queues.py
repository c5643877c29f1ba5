"""Names of queues and the meaning of priorities, the same on every broker.

On Redis a queue is one list for each band of priorities, which the transport reads in order. On
RabbitMQ, whose quorum queues know no priorities, each band is a queue of its own.
"""

import os
from enum import StrEnum
from typing import Final

from core.errors import ConfigurationError
from core.store.bands import ENDS

# 0 is served first. On Redis these are the transport's own steps; the bands are 0-2, 3-5, 6-8, 9.
PRIORITY_STEPS: Final = (0, *(last + 1 for last in ENDS[:-1]))
BANDS: Final = tuple(range(len(ENDS)))
# What a worker's process is told by its pool: the numbers of the bands it serves, all by default.
SERVED: Final = "MENDLINE_BANDS"
# Exchange and queue of what RabbitMQ itself gives up.
DEAD: Final = "mendline.dead"


class Queue(StrEnum):
    """Queues by kind of work."""

    INTAKE = "intake"
    ANALYSIS = "analysis"
    RECOVERY = "recovery"
    ALERTS = "alerts"
    MAINTENANCE = "maintenance"
    FIXES = "fixes"
    DEADLETTER = "deadletter"


# Where others may send to; they name the queue and know of no bands.
OPEN: Final = (Queue.INTAKE, Queue.DEADLETTER)


def banded(queue: str, number: int) -> str:
    """The name of the queue that RabbitMQ has for one band."""
    return f"{queue}.p{number}"


def served_bands() -> tuple[int, ...]:
    """The bands that this process takes work from."""
    told = os.environ.get(SERVED, "").replace(" ", "")
    if not told:
        return BANDS
    numbers = {int(part) if part.isdigit() else -1 for part in told.split(",")}
    if not numbers <= set(BANDS):
        raise ConfigurationError(f"{SERVED} is a list of the bands 0 to {BANDS[-1]}, not {told!r}.")
    return tuple(sorted(numbers))

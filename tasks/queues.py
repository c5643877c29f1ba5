"""Names of queues and the meaning of priorities, the same on every broker."""

from enum import StrEnum
from typing import Final


class Queue(StrEnum):
    """Queues by kind of work."""

    INTAKE = "intake"
    ANALYSIS = "analysis"
    RECOVERY = "recovery"
    ALERTS = "alerts"
    MAINTENANCE = "maintenance"
    FIXES = "fixes"
    DEADLETTER = "deadletter"


# 0 is served first. On Redis these are the transport's own steps; the bands are 0-2, 3-5, 6-8, 9.
PRIORITY_STEPS: Final = (0, 3, 6, 9)

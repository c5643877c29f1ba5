"""What the ten priorities mean, on every broker alike: 0 is served first, in four bands."""

from collections.abc import Collection
from typing import Final

# The last priority of each band: 0-2, 3-5, 6-8, 9.
ENDS: Final = (2, 5, 8, 9)
# The band of what nothing else may delay.
CRITICAL: Final = 0
# From this band on work can wait while a host is short of memory: a hold on this target holds it.
LOW: Final = 2
LOW_PRIORITY: Final = "priority:low"


def band(priority: int) -> int:
    """What strangers send beyond the ends belongs to the nearest."""
    return next((number for number, last in enumerate(ENDS) if priority <= last), len(ENDS) - 1)


def is_held(priority: int, target: str | None, held: Collection[str]) -> bool:
    """`held` are the targets that are held at present."""
    return target in held or (band(priority) >= LOW and LOW_PRIORITY in held)


def is_critical(priority: int) -> bool:
    return band(priority) == CRITICAL

"""Waiting makes up for a low priority: work is delayed by what is more urgent, never starved.

What is not critical stays behind all that is, however long it waits; only one overdue piece at a
time goes with the critical ones, so that no flood of them starves the rest.
"""

from datetime import timedelta
from typing import Final

from core.store.bands import CRITICAL, ENDS, is_critical

# What one level of priority is worth.
LEVEL: Final = timedelta(minutes=1)
OVERDUE: Final = timedelta(minutes=10)


def aged(priority: int, waited: timedelta) -> int:
    """The priority that waiting has earned."""
    if is_critical(priority) or waited <= timedelta(0):
        return priority
    return max(ENDS[CRITICAL] + 1, priority - waited // LEVEL)


def is_overdue(priority: int, waited: timedelta) -> bool:
    return not is_critical(priority) and waited >= OVERDUE

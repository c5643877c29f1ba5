"""How long things are kept: the values that all upkeep jobs share."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Days. Counts are kept by the minute, then by the hour, then by the day until they go.

    `batch` rows are deleted in one transaction: none is long, and a kill costs one of them.
    """

    event_days: int = 90
    partition_days_ahead: int = 7
    minute_days: int = 7
    hour_days: int = 60
    rollup_days: int = 400
    run_days: int = 30
    deadletter_days: int = 90
    trace_days: int = 1
    recovery_days: int = 90
    delivery_days: int = 30
    batch: int = 5_000


def first_day_kept(values: Keeping, now: datetime) -> date:
    """Whole days of events are dropped, so the oldest kept one is a whole day as well."""
    return now.date() - timedelta(days=values.event_days)

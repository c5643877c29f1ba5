"""Times of the week in a time zone: when a route is open, or says nothing."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Hours:
    """`days` are 0 (Monday) to 6. A span whose end is not after its start goes over midnight."""

    name: str
    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo

    def contains(self, now: datetime) -> bool:
        local = now.astimezone(self.zone)
        at, today = local.time(), local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= at < self.end
        if at >= self.start:
            return today in self.days
        yesterday = (local - timedelta(days=1)).weekday()
        return at < self.end and yesterday in self.days

"""Cron expressions: five fields, read once, asked for the next moment, right across clock changes.

1. A time that a spring change leaves out is moved on by the change: 02:30 runs at 03:30.
2. A time that an autumn change repeats runs once, the first time.
3. A job of every hour follows real time instead: it leaves nothing out and repeats nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from core.errors import UnprocessableError

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
SUNDAY_AS_SEVEN: Final = 7
SEARCH_DAYS: Final = 366 * 8 + 2  # 29 February can be eight years away
# Clocks change by less than this.
SHIFT_HOURS: Final = 3
SHIFT: Final = timedelta(hours=SHIFT_HOURS)
EVERY_HOUR: Final = frozenset(range(24))
FIELDS: Final = 5


@dataclass(frozen=True, slots=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool  # both day fields are restricted: a day that fits one of them will do

    @classmethod
    def parse(cls, text: str) -> Self:
        parts = text.lower().split()
        if len(parts) != FIELDS:
            raise UnprocessableError(f"A cron expression has five fields; {text!r} has not.")
        minute, hour, day, month, weekday = parts
        return cls(
            minutes=_field(minute, 0, 59),
            hours=_field(hour, 0, 23),
            days=_field(day, 1, 31),
            months=_field(month, 1, 12, MONTHS),
            weekdays=frozenset(n % 7 for n in _field(weekday, 0, SUNDAY_AS_SEVEN, WEEKDAYS)),
            either_day=not day.startswith("*") and not weekday.startswith("*"),
        )

    def next(self, after: datetime, zone: ZoneInfo) -> datetime:
        """The first moment later than `after`, in UTC."""
        floor = after.astimezone(zone).replace(tzinfo=None) - SHIFT
        for ahead in range(SEARCH_DAYS):
            day = floor.date() + timedelta(days=ahead)
            found = self._first(day, after, floor, zone) if self._fits(day) else None
            if found is not None:
                return found
        raise UnprocessableError("No such day comes.")

    def _fits(self, day: date) -> bool:
        in_month = day.day in self.days
        in_week = day.isoweekday() % 7 in self.weekdays
        fits = in_month or in_week if self.either_day else in_month and in_week
        return fits and day.month in self.months

    def _first(
        self, day: date, after: datetime, floor: datetime, zone: ZoneInfo
    ) -> datetime | None:
        """Local hours in order; a clock change may put a later one first, so a few more count."""
        found: datetime | None = None
        last = 23
        for hour in sorted(self.hours):
            if hour > last:
                break
            if datetime.combine(day, time(hour, 59)) < floor:
                continue
            later = [moment for moment in self._moments(day, hour, zone) if moment > after]
            if later:
                found = min([*later, found] if found else later)
                last = min(last, hour + SHIFT_HOURS)
        return found

    def _moments(self, day: date, hour: int, zone: ZoneInfo) -> Iterator[datetime]:
        for minute in self.minutes:
            yield from self._moment(datetime.combine(day, time(hour, minute), zone))

    def _moment(self, local: datetime) -> Iterator[datetime]:
        first = local.astimezone(UTC)
        if self.hours != EVERY_HOUR:
            yield first
            return
        for moment in {first, local.replace(fold=1).astimezone(UTC)}:
            if moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
                yield moment


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    return frozenset(n for part in text.split(",") for n in _part(part, low, high, names))


def _part(text: str, low: int, high: int, names: tuple[str, ...]) -> range:
    """`*`, `5`, `1-5`, each with `/step`."""
    span, _, step = text.partition("/")
    first, dash, last = span.partition("-")
    try:
        size = int(step) if step else 1
        if span == "*":
            found = range(low, high + 1, size)
        else:
            start = _number(first, names, low)
            end = _number(last, names, low) if dash else (high if step else start)
            found = range(start, end + 1, size)
    except ValueError as error:
        raise UnprocessableError(
            f"{text!r} cannot be read as part of a cron expression."
        ) from error
    if not found or size < 1 or found[0] < low or found[-1] > high:
        raise UnprocessableError(f"{text!r} is outside of {low}-{high}.")
    return found


def _number(text: str, names: tuple[str, ...], low: int) -> int:
    return names.index(text) + low if text in names else int(text)

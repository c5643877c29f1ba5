"""People on duty, hours of the week and budgets of channels, as entries of the file of alerts."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.alerts.budget import Budget
from core.alerts.entry import Entry, meant
from core.alerts.hours import Hours
from core.alerts.oncall import Override, Rota

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT: Final = tuple(day[:3] for day in DAYS)
WEEK: Final = timedelta(weeks=1)
NEVER: Final = datetime(1970, 1, 5, 9)  # noqa: DTZ001 (wall-clock time, its zone stands beside it)
UTC_ZONE: Final = ZoneInfo("UTC")


class Duty:
    """People with their channels, and the rotas in which they take turns."""

    def __init__(self, entry: Entry, channels: Collection[str]) -> None:
        self.entry = entry
        self.channels = channels
        self.people: dict[str, tuple[str, ...]] = {}
        self.rotas: dict[str, Rota] = {}

    def read(self) -> None:
        self.entry.only(("people", "rotas"))
        people = self.entry.below("people")
        for name in people.table:
            theirs = people.texts(name)
            for channel in theirs:
                if channel not in self.channels:
                    remedy = meant(channel, self.channels)
                    people.fail(f"{name} has no channel {channel!r}.", remedy, name)
            self.people[name] = theirs
        rotas = self.entry.below("rotas")
        for name in rotas.table:
            rota = self._rota(rotas.below(name), name)
            if rota.people:
                self.rotas[name] = rota

    def _rota(self, entry: Entry, name: str) -> Rota:
        entry.where = f"rota {name!r}"
        entry.only(("people", "start", "every", "zone", "overrides"))
        zone = zone_of(entry)
        return Rota(
            name=name,
            people=tuple(self._person(entry, each, "people") for each in entry.texts("people")),
            start=_moment(entry, "start", zone) or NEVER,
            every=max(entry.span("every", WEEK), timedelta(hours=1)),
            zone=zone,
            overrides=tuple(self._overrides(entry, zone)),
        )

    def _overrides(self, entry: Entry, zone: ZoneInfo) -> list[Override]:
        found = []
        for each in entry.each("overrides"):
            each.only(("person", "from", "until"))
            start, end = _moment(each, "from", zone), _moment(each, "until", zone)
            person = self._person(each, each.text("person"), "person")
            if start is None or end is None or end <= start:
                each.fail("It has no time.", "Write from: and a later until:.")
                continue
            found.append(Override(person, _absolute(start, zone), _absolute(end, zone)))
        return found

    def _person(self, entry: Entry, name: str, key: str) -> str:
        if name not in self.people:
            entry.fail(f"There is nobody called {name!r}.", meant(name, self.people), key)
        return name


def hours(entry: Entry) -> Hours | None:
    entry.only(("name", "days", "from", "until", "zone"))
    name = entry.text("name")
    entry.where = f"hours {name!r}"
    days = frozenset(
        day for text in (entry.texts("days") if "days" in entry else ("mon-sun",))
        for day in _days(entry, text)
    )  # fmt: skip
    start, end = _clock(entry, "from"), _clock(entry, "until")
    return Hours(name, days, start, end, zone_of(entry)) if name and not entry.failed else None


def budget(entry: Entry) -> Budget | None:
    """`notifications: 20` and `per: 1h`."""
    entry.only(("notifications", "per"))
    most, per = entry.table.get("notifications"), entry.span("per", timedelta(hours=1))
    if not isinstance(most, int) or isinstance(most, bool) or most < 1 or per <= timedelta(0):
        entry.fail("It is no budget.", "Write notifications: 20 and per: 1h.")
        return None
    return Budget(most, per)


def zone_of(entry: Entry) -> ZoneInfo:
    name = entry.text("zone", default="UTC")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        entry.fail(f"There is no time zone {name!r}.", "Write one such as Europe/Paris.", "zone")
        return UTC_ZONE


def _days(entry: Entry, text: str) -> list[int]:
    """`mon-fri`, `saturday`; a span may go over Sunday."""
    first, _, last = text.lower().replace(":", "-").partition("-")
    try:
        begin, end = SHORT.index(first.strip()[:3]), SHORT.index((last or first).strip()[:3])
    except ValueError:
        entry.fail(f"There is no day {text!r}.", "Write days such as mon-fri, sat.", "days")
        return []
    return [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]


def _clock(entry: Entry, key: str) -> time:
    """Midnight at the end of a day is 24:00 or 00:00. Bare YAML reads 17:00 as a number."""
    value = entry.table.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value // 60:02}:{value % 60:02}"
    text = str(value or "00:00")
    try:
        found = time.fromisoformat("00:00" if text == "24:00" else text.zfill(5))
    except ValueError:
        entry.fail(f"{key!r} is {value!r}, no time.", 'Write it as "09:30".', key)
        return time()
    if found.tzinfo is not None:
        entry.fail(
            f"{key!r} is {value!r}, with a zone.", 'Write "09:30", and zone: beside it.', key
        )
    return found.replace(tzinfo=None)


def _moment(entry: Entry, key: str, zone: ZoneInfo) -> datetime | None:
    """A date, with a time or without, by the wall clock of the rota; with a zone of its own it is
    the same moment there.
    """
    value = entry.table.get(key)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value))
        return (found.astimezone(zone) if found.tzinfo else found).replace(tzinfo=None)
    except (ValueError, OverflowError):
        entry.fail(f"{key!r} is {value!r}, no moment.", 'Write it as "2026-01-05 09:00".', key)
        return None


def _absolute(wall: datetime, zone: ZoneInfo) -> datetime:
    """At the edges of the calendar the wall clock is as good as any."""
    try:
        return wall.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return wall.replace(tzinfo=UTC)

"""The parts of a policy that stand in more than one place: limits, arguments, times of the day."""

import re
from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from typing import Any, Final

from core.recovery.limits import DAYS, Limits, Window
from core.recovery.policy_entry import Entry, meant

_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_WEEK: Final = 7 * 86_400.0
_WHOLE: Final = frozenset({"most", "most_a_day", "at_once", "at_once_in_project", "attempts"})


def number(entry: Entry, key: str, usual: float, *, low: float, high: float) -> float:
    if key not in entry.table:
        return usual
    found = entry.number(key, low=low, high=high)
    return usual if found is None else found


def limits(entry: Entry) -> dict[str, Any]:
    entry.only([each.name for each in fields(Limits)])
    found: dict[str, Any] = {}
    for each in fields(Limits):
        if each.name not in entry.table:
            continue
        high = 1.0 if each.name == "share" else _WEEK
        low = 1 if each.name in _WHOLE else 0
        given = entry.number(each.name, low=low, high=high)
        if given is not None:
            found[each.name] = int(given) if each.name in _WHOLE else given
    return found


def arguments(entry: Entry) -> dict[str, Any]:
    """They are kept with each attempt, so they have to be what a row can hold."""
    found = dict(entry.below("arguments").table)
    if _can_be_kept(found):
        return found
    entry.fail(
        "'arguments' holds a number that is endless.",
        "Leave it out; no row can hold it.",
        "arguments",
    )
    return {}


def _can_be_kept(value: Any) -> bool:
    """Other things that no row can hold are in no TOML that was read."""
    if isinstance(value, Mapping):
        return all(map(_can_be_kept, value.values()))
    if isinstance(value, list):
        return all(map(_can_be_kept, value))
    return not isinstance(value, float) or isfinite(value)


def window(entry: Entry) -> Window | None:
    """`days` (all by default), `begins` and `ends` as HH:MM in UTC."""
    entry.only(("days", "begins", "ends"))
    days = entry.texts("days") or DAYS
    for day in set(days) - set(DAYS):
        entry.fail(f"There is no day {day!r}.", meant(day, DAYS), "days")
    minutes = [_minute(entry, key) for key in ("begins", "ends")]
    if entry.failed:
        return None
    return Window(frozenset(map(DAYS.index, days)), *minutes)


def _minute(entry: Entry, key: str) -> int:
    found = _TIME.fullmatch(str(entry.table.get(key, "")))
    if found is None:
        entry.fail(f"{key!r} is no time of the day.", f'Write {key} = "22:30", in UTC.', key)
        return 0
    return int(found[1]) * 60 + int(found[2])

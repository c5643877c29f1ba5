"""Reads details out of events: from fields that clients set, and from what messages say."""

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from core.analysis.event import mapping, tag, text
from core.analysis.facts import Facts

LENGTH = 120
# What SDKs say of the machine, not of the failure.
_SURROUNDINGS = frozenset(
    {"app", "browser", "cloud_resource", "culture", "device", "gpu", "os", "runtime", "state"}
)
_MOST_CONTEXTS = 20
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_DURATION = re.compile(
    r"(\d{1,9}(?:\.\d{1,6})?) ?"
    r"(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)?"
)
_LATEST = 4_102_444_800.0  # the year 2100
_EARLIEST = 1_000_000_000.0


class Detail(NamedTuple):
    """A detail that messages tell, and how; tried where one of `marks` is in the message in lower
    case. The first group that took part is the detail.
    """

    name: str
    pattern: re.Pattern[str]
    marks: tuple[str, ...] = ()


def found(details: tuple[Detail, ...], facts: Facts) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, pattern, marks in details:
        if name in values or (marks and not facts.says(marks)):
            continue
        match = pattern.search(facts.message)
        value = next(filter(None, match.groups()), "") if match else ""
        if value:
            values[name] = value[:LENGTH].strip(" ,.")
    return values


def told(facts: Facts, names: Mapping[str, str]) -> dict[str, str]:
    """Details that the client put somewhere, by the name that we give them. What stands closer to
    the failure wins: the exception's own data, extra data, contexts, tags.
    """
    values: dict[str, str] = {}
    for place in places_of(facts):
        for given in place.keys() & names.keys():
            if names[given] not in values and (value := text(place[given])):
                values[names[given]] = value[:LENGTH]
    return values


def places_of(facts: Facts) -> list[Mapping[str, Any]]:
    """Everything that clients say in fields of their own, closest to the failure first."""
    raw = facts.event.raw
    places = [*_attributes(raw.get("exception")), mapping(raw.get("extra"))]
    contexts = mapping(raw.get("contexts"))
    places += [
        contexts[name]
        for name in islice(contexts, _MOST_CONTEXTS)
        if name not in _SURROUNDINGS and isinstance(contexts[name], dict)
    ]
    tags = raw.get("tags")
    if isinstance(tags, list):
        tags = dict(filter(None, map(_pair, tags)))
    places.append(mapping(tags))
    return [place for place in places if place]


def _attributes(exceptions: Any) -> list[Mapping[str, Any]]:
    """What SDKs read off the exception that surfaced."""
    values = exceptions.get("values") if isinstance(exceptions, dict) else exceptions
    last = values[-1] if isinstance(values, list) and values else exceptions
    mechanism = mapping(mapping(last).get("mechanism"))
    return [mapping(mechanism.get("data")), mapping(mechanism.get("meta"))]


def _pair(tagged: Any) -> tuple[str, Any] | None:
    if isinstance(tagged, list) and len(tagged) == 2 and isinstance(tagged[0], str):  # noqa: PLR2004
        return tagged[0], tagged[1]
    if isinstance(tagged, dict) and isinstance(tagged.get("key"), str):
        return tagged["key"], tagged.get("value")
    return None


def seconds(said: str) -> float | None:
    """A duration in words: `30`, `1.5s`, `200 ms`, `2 minutes`."""
    match = _DURATION.fullmatch(said.strip().lower())
    if match is None:
        return None
    unit = match[2] or "s"
    return float(match[1]) * _SECONDS["ms" if unit.startswith(("ms", "mil")) else unit[0]]


def until(said: str, facts: Facts) -> float | None:
    """Seconds from the event to a moment: epoch or RFC 3339. Without a time of its own, none."""
    moment, now = _epoch(said), _epoch(text(facts.event.raw.get("timestamp")))
    return None if moment is None or now is None else max(moment - now, 0.0)


def _epoch(said: str) -> float | None:
    if said.replace(".", "", 1).isdecimal():
        value = float(said[:20])
        value = value / 1_000 if value > _LATEST else value
        return value if _EARLIEST < value < _LATEST else None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def shape_of(value: Any) -> str:
    """What a value is made of, never the value itself."""
    if isinstance(value, str):
        return f"text of {len(value)}"
    if isinstance(value, list | dict):
        return f"{'list' if isinstance(value, list) else 'object'} of {len(value)}"
    return {bool: "boolean", int: "number", float: "number", type(None): "null"}.get(
        type(value), "other"
    )


def user_of(facts: Facts) -> str:
    """Whom it happened to, by id."""
    return (
        text(mapping(facts.event.raw.get("user")).get("id")) or tag(facts.event.raw, "user_id")
    )[:LENGTH]

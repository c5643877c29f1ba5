"""Reads the times that clients write, and keeps them near our own."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

_MILLISECONDS_FROM: Final = 1e11  # as seconds this would be the year 5138
_PROTOCOL_DATE: Final = re.compile(r"/Date\((-?\d{1,17})(?:[+-]\d{4})?\)/")
# Of eight digits it is a day; of thirteen it may look like one and an hour, and is milliseconds.
_PLAIN_NUMBER: Final = re.compile(r"[+-]?\d{9,}(?:\.\d*)?", re.ASCII)
_LONG_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


class Clamped(NamedTuple):
    """The time to work with, and the client's own where it was too far from it."""

    moment: datetime
    claimed: datetime | None


def read(value: Any) -> datetime | None:
    """RFC 3339 with or without zone, seconds or milliseconds since 1970, `/Date(…)/`; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _epoch(float(value))
    if isinstance(value, str):
        return _written(value.strip())
    return None


def _epoch(number: float) -> datetime | None:
    seconds = number / 1_000 if abs(number) >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _written(text: str) -> datetime | None:
    if _PLAIN_NUMBER.fullmatch(text):
        return _number(text)
    try:
        found = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text[:64]))
    except ValueError:
        return _number(text)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None


def _number(text: str) -> datetime | None:
    wrapped = _PROTOCOL_DATE.fullmatch(text)
    try:
        return _epoch(float(wrapped.group(1)) / 1_000) if wrapped else _epoch(float(text))
    except ValueError:
        return None


def clamp(claimed: datetime | None, received_at: datetime, *, skew: timedelta) -> Clamped:
    """The client's time if it is within `skew` of ours, else ours; nothing told means ours."""
    if claimed is None:
        return Clamped(received_at, None)
    if abs(claimed - received_at) <= skew:
        return Clamped(claimed, None)
    return Clamped(received_at, claimed)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

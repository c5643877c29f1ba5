"""From an inbox row back to an event: undoes encoding, framing and the odd ways of clients."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from core.errors import MendlineError, UndecodableError
from core.intake import document, envelope, moment, rest, shape
from core.intake.compression import decompress
from core.intake.item import Encoding, Kind

_CAP: Final = 2**30  # intake has checked the sizes; this only stops what never passed it
_RAW_SHOWN: Final = 4_096
_DAY: Final = timedelta(days=1)


class Row(Protocol):
    """What the reader needs of an inbox row or item."""

    @property
    def event_id(self) -> uuid.UUID: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def kind(self) -> int: ...
    @property
    def encoding(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def hints(self) -> Mapping[str, Any] | None: ...


class ReadEvent(NamedTuple):
    """An event in Sentry's format, in plain JSON values, and what was odd about it.

    `event["event_id"]` and `event["timestamp"]` are always there; a client's time that was too
    far from ours is kept as `contexts.mendline.claimed_timestamp`.
    """

    event: dict[str, Any]
    tags: tuple[str, ...]


def read(row: Row, *, skew: timedelta = _DAY) -> ReadEvent:
    """Never raises: what cannot be read becomes an event that shows its first bytes."""
    try:
        event, tags = _decoded(row)
    except (MendlineError, ValueError, TypeError, LookupError, RecursionError) as error:
        event, tags = _unreadable(row, error), ["unreadable"]
    tags += (row.hints or {}).get("tags", [])
    if _identified(event, row, skew):
        tags.append("clamped_timestamp")
    return ReadEvent(event, tuple(dict.fromkeys(tags)))


def _decoded(row: Row) -> tuple[dict[str, Any], list[str]]:
    data = decompress(Encoding(row.encoding), row.body, cap=_CAP)
    if row.kind == Kind.ENVELOPE:
        data = envelope.event_of(data)
    value, tags = document.load(data)
    if row.kind == Kind.REPORT:
        value = rest.to_event(rest.check(value))
    if not isinstance(value, dict):
        raise UndecodableError("the event is not a JSON object")
    return shape.normalise(value), list(tags)


def _unreadable(row: Row, error: Exception) -> dict[str, Any]:
    shown = bytes(row.body[:_RAW_SHOWN]).decode("latin-1").replace("\x00", "")
    return {
        "level": "error",
        "platform": "other",
        "logentry": {"formatted": "An event that could not be read"},
        "extra": {"raw": shown, "bytes": len(row.body), "reason": str(error)[:_RAW_SHOWN]},
    }


def _identified(event: dict[str, Any], row: Row, skew: timedelta) -> bool:
    """Sets id and time; says whether the client's time had to be clamped."""
    event["event_id"] = row.event_id.hex
    clamped = moment.clamp(moment.read(event.get("timestamp")), row.received_at, skew=skew)
    event["timestamp"] = moment.written(clamped.moment)
    if clamped.claimed is None:
        return False
    contexts = event["contexts"] = event.get("contexts") or {}
    if not isinstance(contexts.get(rest.CONTEXT), dict):
        contexts[rest.CONTEXT] = {}
    contexts[rest.CONTEXT]["claimed_timestamp"] = moment.written(clamped.claimed)
    return True

"""Items as the parameters of one INSERT: arrays in PostgreSQL's binary form, packed at once."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final, LiteralString

import orjson

from core.intake.item import InboxItem
from core.intake.link import Packed
from core.store import books
from core.store.books import Account

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BYTEA: Final = 17
_INT8: Final = 20
_TEXT: Final = 25
_DATE: Final = 1082
_TIMESTAMPTZ: Final = 1184
_UUID: Final = 2950
_ABSENT: Final = struct.pack("!i", -1)
_length: Final = struct.Struct("!i").pack
_head: Final = struct.Struct("!iiiii").pack

# The items and their entry in the books are one statement, hence one transaction and one trip.
INSERT: Final[LiteralString] = (
    """
    WITH accepted AS (
        INSERT INTO inbox (project_id, event_id, received_at, kind, encoding, body, hints)
        SELECT project_id, event_id, received_at, kind::smallint, encoding::smallint, body,
            hints::jsonb
        FROM unnest(%b::bigint[], %b::uuid[], %b::timestamptz[], %b::bigint[], %b::bigint[],
            %b::bytea[], %b::text[])
            AS item (project_id, event_id, received_at, kind, encoding, body, hints)
    )
"""  # noqa: S608 - two constants, no values
    + books.SQL
)


def parameters(items: Sequence[InboxItem], *, writer: int) -> list[Any]:
    """What `INSERT` takes."""
    return [
        _numbers(_INT8, [item.project_id for item in items]),
        _uuids(items),
        _numbers(_TIMESTAMPTZ, [_microseconds(item.received_at) for item in items]),
        _numbers(_INT8, [item.kind for item in items]),
        _numbers(_INT8, [item.encoding for item in items]),
        _bodies(items),
        _hints(items),
        writer,
        *_book_lines(items),
    ]


def _book_lines(items: Sequence[InboxItem]) -> tuple[Packed, ...]:
    """One line for each day and project, in the order of `books.parameters`."""
    counts: dict[tuple[int, int], int] = {}
    for item in items:
        line = (item.received_at.astimezone(UTC) - _EPOCH).days, item.project_id
        counts[line] = counts.get(line, 0) + 1
    lines = sorted(counts)
    days = struct.pack("!" + "ii" * len(lines), *chain.from_iterable((4, day) for day, _ in lines))
    return (
        Packed(_head(1, 0, _DATE, len(lines), 1) + days),
        _numbers(_INT8, [project for _, project in lines]),
        _texts([Account.ACCEPTED.encode()] * len(lines)),
        _texts([b""] * len(lines)),
        _numbers(_INT8, [counts[line] for line in lines]),
    )


def _microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _numbers(element: int, values: Sequence[int]) -> Packed:
    count = len(values)
    numbers = struct.pack("!" + "iq" * count, *chain.from_iterable((8, v) for v in values))
    return Packed(_head(1, 0, element, count, 1) + numbers)


def _uuids(items: Sequence[InboxItem]) -> Packed:
    size = _length(16)
    data = size + size.join([item.event_id.bytes for item in items])
    return Packed(_head(1, 0, _UUID, len(items), 1) + data)


def _bodies(items: Sequence[InboxItem]) -> Packed:
    parts = [_head(1, 0, _BYTEA, len(items), 1)]
    for item in items:
        parts += (_length(len(item.body)), item.body)
    return Packed(b"".join(parts))


def _texts(values: Sequence[bytes]) -> Packed:
    parts = [_head(1, 0, _TEXT, len(values), 1)]
    for value in values:
        parts += (_length(len(value)), value)
    return Packed(b"".join(parts))


def _hints(items: Sequence[InboxItem]) -> Packed:
    parts = [_head(1, 1, _TEXT, len(items), 1)]
    for item in items:
        if item.hints is None:
            parts.append(_ABSENT)
        else:
            text = orjson.dumps(item.hints)
            parts += (_length(len(text)), text)
    return Packed(b"".join(parts))

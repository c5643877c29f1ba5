"""The records of a spool file: length, checksum, item; whatever was torn off is recognised.

A record is `length`, `crc32` of what follows, then the fixed fields, the hints and the body.
"""

import struct
import uuid
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import orjson

from core.intake.item import Encoding, InboxItem, Kind

MAGIC: Final = b"MENDSPL1"
_HEAD: Final = struct.Struct("!II")
_FIELDS: Final = struct.Struct("!q16sqBBI")
_PROJECT: Final = struct.Struct("!q")
GLANCE: Final = _HEAD.size + _PROJECT.size
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Found(NamedTuple):
    """A record and where the next one begins; `item` is None where the bytes are damaged."""

    item: InboxItem | None
    end: int


def encode(item: InboxItem) -> bytes:
    hints = b"" if item.hints is None else orjson.dumps(item.hints)
    fields = _FIELDS.pack(
        item.project_id,
        item.event_id.bytes,
        (item.received_at - _EPOCH) // _MICROSECOND,
        item.kind,
        item.encoding,
        len(hints),
    )
    content = b"".join((fields, hints, item.body))
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def decode(content: bytes) -> InboxItem:
    project_id, event_id, received_at, kind, encoding, size = _FIELDS.unpack_from(content)
    body = _FIELDS.size + size
    hints = content[_FIELDS.size : body]
    return InboxItem(
        project_id,
        uuid.UUID(bytes=event_id),
        _EPOCH + received_at * _MICROSECOND,
        Kind(kind),
        Encoding(encoding),
        content[body:],
        orjson.loads(hints) if hints else None,
    )


def scan(data: bytes, start: int = 0) -> Iterator[Found]:
    """The records in `data` from `start`, up to the first that is not there as a whole.

    A whole record with a wrong checksum is passed over: the next one can still be found.
    """
    at = start
    while len(data) - at >= _HEAD.size:
        length, checksum = _HEAD.unpack_from(data, at)
        begin = at + _HEAD.size
        at = begin + length
        if length < _FIELDS.size or at > len(data):
            return
        content = data[begin:at]
        yield Found(decode(content) if zlib.crc32(content) == checksum else None, at)


def glance(head: bytes) -> tuple[int, int] | None:
    """The project of the record that begins with these bytes, and how many it takes."""
    if len(head) < GLANCE:
        return None
    length, _checksum = _HEAD.unpack_from(head)
    (project_id,) = _PROJECT.unpack_from(head, _HEAD.size)
    return project_id, _HEAD.size + int(length)


def size_of_first(data: bytes, start: int) -> int | None:
    """How many bytes the record at `start` takes as its head says."""
    if len(data) - start < _HEAD.size:
        return None
    return _HEAD.size + int(_HEAD.unpack_from(data, start)[0])

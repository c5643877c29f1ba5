"""The framing of Sentry envelopes: a header line, then items with or without a length."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from core.errors import InvalidInputError, TooLargeError
from core.intake.rejection import Reason

NEWLINE: Final = b"\n"


class EnvelopeHeader(msgspec.Struct, frozen=True, gc=False):
    """What we read of it; anything else in it is left alone."""

    event_id: Any = None
    dsn: Any = None
    sent_at: Any = None


class ItemHeader(msgspec.Struct, frozen=True, gc=False):
    type: Any = None
    length: Any = None


class Item(NamedTuple):
    type: str
    payload: bytes


class Envelope(NamedTuple):
    header: EnvelopeHeader
    items: list[Item]


_blank: Final = re.compile(rb"\n*").match
_read_header: Final = msgspec.json.Decoder(EnvelopeHeader).decode
_read_item_header: Final = msgspec.json.Decoder(ItemHeader).decode


def _malformed(what: str) -> InvalidInputError:
    return InvalidInputError(f"malformed envelope: {what}", reason=Reason.MALFORMED)


def parse_header(data: bytes) -> tuple[EnvelopeHeader, int]:
    """The envelope's header and where its items begin."""
    end = data.find(NEWLINE)
    line = data if end < 0 else data[:end]
    try:
        header = _read_header(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _malformed(f"the header is not a JSON object ({error})") from error
    return header, len(data) if end < 0 else end + 1


def _blank_end(data: bytes, at: int) -> int:
    found = _blank(data, at)
    assert found is not None  # none is enough
    return found.end()


def parse_items(data: bytes, start: int) -> Iterator[Item]:
    r"""The items from `start` on.

    1. Blank lines between items are passed over (trailing newlines are optional).
    2. An item's header is one line of JSON.
    3. With a length exactly that many bytes follow, then a newline or the end.
    4. Without one the payload reaches up to the newline or the end; a `\r` belongs to it.
    Source: the protocol's description and Relay's parser.
    """
    at, size = start, len(data)
    while at < size:
        if data[at] == NEWLINE[0]:
            at = _blank_end(data, at)  # there may be millions: a body of newlines is cheap to send
            continue
        end = data.find(NEWLINE, at)
        line_end = size if end < 0 else end
        header = _item_header(data[at:line_end])
        begin = min(line_end + 1, size)
        at = _payload_end(data, begin, header.length)
        yield Item(header.type if isinstance(header.type, str) else "", data[begin:at])
        at += 1


def _item_header(line: bytes) -> ItemHeader:
    if not line.strip():
        return ItemHeader()
    try:
        return _read_item_header(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _malformed(f"an item's header is not a JSON object ({error})") from error


def _payload_end(data: bytes, begin: int, length: Any) -> int:
    if length is None:
        end = data.find(NEWLINE, begin)
        return len(data) if end < 0 else end
    if type(length) is not int or length < 0:
        raise _malformed("an item's length is not a natural number")
    end = begin + length
    if end > len(data):
        raise _malformed("an item ends before its length")
    if end < len(data) and data[end] != NEWLINE[0]:
        raise _malformed("an item goes on after its length")
    return end


def parse(data: bytes, *, max_items: int) -> Envelope:
    header, start = parse_header(data)
    items: list[Item] = []
    for item in parse_items(data, start):
        items.append(item)
        if len(items) > max_items:
            raise TooLargeError(
                f"more than {max_items} items in one envelope", reason=Reason.TOO_MANY_ITEMS
            )
    return Envelope(header, items)


def event_of(data: bytes) -> bytes:
    """The payload of the envelope's event; for envelopes that were accepted with one."""
    for item in parse_items(data, parse_header(data)[1]):
        if item.type == "event":
            return item.payload
    raise _malformed("it holds no event")

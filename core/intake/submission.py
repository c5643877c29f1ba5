"""From the bytes of one request to what goes into the inbox; pure, and the hot path of intake."""

import base64
import binascii
import uuid
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from core.errors import InvalidInputError, MendlineError, TooLargeError, UndecodableError
from core.intake import document, event_id, lenient, rest
from core.intake import envelope as framing
from core.intake.compression import decompress, pack
from core.intake.document import TooManyPartsError
from core.intake.item import Encoding, InboxItem, Kind
from core.intake.lenient import Loaded
from core.intake.limits import Limits
from core.intake.rejection import Reason, skipped_kind

EVENT: Final = "event"
TRANSACTION: Final = "transaction"
# What an envelope adds to its event is headers. More of it would be kept and unpacked once more.
_AROUND: Final = 64 * 1024
# A report as it is written may have so many times the size of an event: blanks are not stored.
_SPREAD: Final = 4
_UNPACKED: Final = 2**30  # of what we packed ourselves, its size is known to be within the limits


class Arrival(NamedTuple):
    """A request body as it came, and to whom it belongs."""

    project_id: int
    received_at: datetime
    encoding: Encoding
    body: bytes


@dataclass(slots=True)
class Submission:
    """What one request brought: items for the inbox, and counts of the rest by kind or reason.

    `event_id` is what the answer names.
    """

    items: list[InboxItem] = field(default_factory=list)
    event_id: uuid.UUID | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)

    @property
    def reports(self) -> list[Mapping[str, Any]]:
        """Those behind the items; as values they take far more memory than as they are stored."""
        return [orjson.loads(report_document(item)) for item in self.items]


class _Probe(msgspec.Struct, frozen=True, gc=False):
    """The fields that intake itself reads; decoding it checks the whole JSON."""

    event_id: Any = None
    type: Any = None


_probe: Final = msgspec.json.Decoder(_Probe).decode


def probe(payload: bytes, *, limit: int) -> _Probe:
    """Checks that `payload` is the JSON of an object; lenient where the reader will be, too."""
    if len(payload) > limit:
        raise TooLargeError(f"an event larger than {limit} bytes", reason=Reason.TOO_LARGE)
    try:
        return _probe(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = lenient.loads(payload).value
    if not isinstance(value, dict):
        raise InvalidInputError("an event must be a JSON object", reason=Reason.INVALID)
    return _Probe(value.get("event_id"), value.get("type"))


def from_envelope(arrival: Arrival, limits: Limits) -> Submission:
    """An envelope that holds one event and hardly anything else is stored just as it came.

    The header's event id wins over the event's own. A second event is refused: the protocol
    allows one.
    """
    data = decompress(arrival.encoding, arrival.body, cap=limits.decompressed)
    if not data.strip():
        raise InvalidInputError("the request has no body", reason=Reason.MALFORMED)
    parsed = framing.parse(data, max_items=limits.items)
    submission = Submission(event_id=event_id.read(parsed.header.event_id))
    event: bytes | None = None
    for item in parsed.items:
        if item.type != EVENT:
            _count(submission.skipped, skipped_kind(item.type))
        elif event is None:
            event = item.payload
        else:
            _count(submission.rejected, Reason.DUPLICATE_ITEM)
    if event is not None:
        alone = len(parsed.items) == 1 and len(data) - len(event) <= _AROUND
        _add_event(submission, event, arrival, limits, envelope=data if alone else None)
    return submission


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _add_event(
    submission: Submission,
    payload: bytes,
    arrival: Arrival,
    limits: Limits,
    *,
    envelope: bytes | None = None,
) -> None:
    found = probe(payload, limit=limits.event)
    if found.type == TRANSACTION:
        _count(submission.skipped, TRANSACTION)
        return
    identity = submission.event_id or event_id.read(found.event_id) or event_id.fresh()
    submission.event_id = identity
    if envelope is None:
        kind, (encoding, body) = Kind.EVENT, pack(payload)
    elif arrival.encoding == Encoding.IDENTITY:
        kind, (encoding, body) = Kind.ENVELOPE, pack(envelope)
    else:
        kind, encoding, body = Kind.ENVELOPE, arrival.encoding, arrival.body
    submission.items.append(
        InboxItem(arrival.project_id, identity, arrival.received_at, kind, encoding, body)
    )


def from_store(arrival: Arrival, limits: Limits) -> Submission:
    """One event as JSON; the oldest clients sent it as base64 of zlib."""
    data = decompress(arrival.encoding, arrival.body, cap=limits.decompressed)
    if not data.strip():
        raise InvalidInputError("the request has no body", reason=Reason.MALFORMED)
    if not data.lstrip(b" \t\r\n\xef\xbb\xbf").startswith((b"{", b"[")):
        data = _unwrapped(data, limits.decompressed)
    submission = Submission()
    _add_event(submission, data, arrival, limits)
    return submission


def _unwrapped(data: bytes, cap: int) -> bytes:
    try:
        packed = base64.b64decode(data, validate=True)
        return decompress(Encoding.DEFLATE, packed, cap=cap)
    except (binascii.Error, zlib.error, UndecodableError):
        return data


def from_report(arrival: Arrival, limits: Limits) -> Submission:
    """One object of `POST /api/errors`."""
    submission = Submission()
    _add_report(submission, _data(arrival, limits), arrival, limits)
    return submission


def from_reports(arrival: Arrival, limits: Limits) -> Submission:
    """An array of such objects; one that is wrong refuses them all, so that none is lost unseen."""
    data = _data(arrival, limits)
    submission = Submission()
    try:
        parts = document.parts(data, most=limits.items)
    except TooManyPartsError as error:
        raise _too_many(limits) from error
    if parts is None:
        _add_odd_reports(submission, data, arrival, limits)
    else:
        _add_reports(submission, parts, arrival, limits)
    return submission


def _add_reports(
    submission: Submission, parts: Sequence[bytes], arrival: Arrival, limits: Limits
) -> None:
    try:
        for part in parts:
            _add_report(submission, part, arrival, limits)
    except MendlineError as error:
        error.context["count"] = len(parts)
        raise


def _data(arrival: Arrival, limits: Limits) -> bytes:
    return decompress(arrival.encoding, arrival.body, cap=limits.decompressed)


def _too_many(limits: Limits) -> TooLargeError:
    return TooLargeError(f"more than {limits.items} reports at once", reason=Reason.TOO_MANY_ITEMS)


def _loaded(data: bytes, limits: Limits) -> Loaded:
    """As a value, unless that could fill the memory."""
    limit = _SPREAD * limits.event
    if len(data) > limit:
        raise TooLargeError(f"reports larger than {limit} bytes", reason=Reason.TOO_LARGE)
    return document.load(data)


def _add_odd_reports(submission: Submission, data: bytes, arrival: Arrival, limits: Limits) -> None:
    """An array that only the lenient parser takes, so it has to be taken as a whole."""
    values, tags = _loaded(data, limits)
    if not isinstance(values, list):
        raise InvalidInputError("the body must be an array of reports", reason=Reason.INVALID)
    if len(values) > limits.items:
        raise _too_many(limits)
    for value in values:
        _submit(submission, Loaded(value, tags), arrival, limits)


def _add_report(submission: Submission, data: bytes, arrival: Arrival, limits: Limits) -> None:
    _submit(submission, _loaded(data, limits), arrival, limits)


def _submit(submission: Submission, loaded: Loaded, arrival: Arrival, limits: Limits) -> None:
    report = rest.check(loaded.value)
    submission.event_id = event_id.read(report.get("event_id")) or event_id.fresh()
    item = report_item(
        report,
        submission.event_id,
        project_id=arrival.project_id,
        received_at=arrival.received_at,
        limit=limits.event,
        tags=loaded.tags,
    )
    submission.items.append(item)


def report_item(
    report: Mapping[str, Any],
    identity: uuid.UUID,
    *,
    project_id: int,
    received_at: datetime,
    limit: int,
    tags: tuple[str, ...] = (),
) -> InboxItem:
    """A checked report, of clean values, as it goes into the inbox."""
    data = orjson.dumps(report)
    if len(data) > limit:
        raise TooLargeError(f"an event larger than {limit} bytes", reason=Reason.TOO_LARGE)
    hints = {"tags": list(tags)} if tags else None
    return InboxItem(project_id, identity, received_at, Kind.REPORT, *pack(data), hints)


def report_document(item: InboxItem) -> bytes:
    """The JSON of a report that is on its way into the inbox."""
    return decompress(item.encoding, item.body, cap=_UNPACKED)

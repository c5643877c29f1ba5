"""Dead letters made from raw messages, whatever is in them."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from kombu import Message
from kombu.exceptions import ContentDisallowed, DecodeError

from core.errors import ErrorReport, report
from core.store.deadletters import Capture

# Kept whole; of what is larger the beginning, with its size and SHA-256.
RAW_LIMIT: Final = 64 * 2**20
# They repeat the body in a form in which no secret can be recognised.
REPEATING: Final = frozenset({"argsrepr", "kwargsrepr"})
LONGEST_ID: Final = 255
# What a sender may tell its messages apart by.
TELLING: Final = ("correlation_id", "message_id", "timestamp")
# What the decoding of a stranger's body raises.
UNREADABLE: Final = (
    ContentDisallowed,
    DecodeError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
# The body is not looked at again: it may be what ended the worker.
UNTOUCHED: Final = frozenset({"poison", "undecodable"})


def letter(
    message: Message, reason: str, error: BaseException | None, *, attempts: int = 1
) -> Capture:
    """Body, headers and properties as they came: nothing here trusts them to be readable."""
    headers = _mapping(message.headers)
    body = raw(message.body)
    return Capture(
        capture_key=key_of(message),
        reason=reason,
        task=_text(headers.get("task")),
        queue=_text(_mapping(message.delivery_info).get("routing_key")),
        message_id=_text(headers.get("id")),
        arguments=None if reason in UNTOUCHED else _arguments(message),
        headers=_described(message, headers) | _cut(body),
        raw=body[:RAW_LIMIT],
        error=_report(error),
        attempts=attempts,
    )


def item_letter(item: bytes, queue: str, error: BaseException) -> Capture:
    """For what lay in a list of the broker and is no message at all."""
    return Capture(
        capture_key=f"item-{queue[:LONGEST_ID]}-{hashlib.sha256(item).hexdigest()}",
        reason="refused",
        queue=queue,
        headers=_cut(item),
        raw=item[:RAW_LIMIT],
        error=_report(error),
        attempts=1,
    )


def key_of(message: Message) -> str:
    """The same for every delivery of a message, another one for every other message.

    Senders may use an id twice, so it does not suffice. The tag of a delivery is the message's own
    on Redis, where it is a text, and the channel's on RabbitMQ, where it is a number; without an
    id, what else came with the message has to tell it apart there.
    """
    headers = _mapping(message.headers)
    found = _text(headers.get("id")) or ""
    named = found if found.isprintable() and len(found) <= LONGEST_ID else ""
    apart = message.delivery_tag if isinstance(message.delivery_tag, str) else ""
    if not named and not apart:
        sent = {str(name): headers[name] for name in headers if not _added(name)}
        properties = _mapping(message.properties)
        apart = repr((sorted(sent.items(), key=repr), [properties.get(name) for name in TELLING]))
    known = hashlib.sha256(apart.encode("utf-8", "backslashreplace") + b"\x00" + raw(message.body))
    return f"message-{named}-{known.hexdigest()[:32]}"


def _added(name: Any) -> bool:
    """By the broker, on the way."""
    return name == "redelivered" or str(name).startswith("x-")


def raw(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    return str(body).encode("utf-8", "surrogatepass")


def _described(message: Message, headers: Mapping[Any, Any]) -> dict[str, Any]:
    kept = {str(name): headers[name] for name in headers if name not in REPEATING}
    return kept | {
        "content_type": message.content_type,
        "content_encoding": message.content_encoding,
        "properties": message.properties,
    }


def _cut(body: bytes) -> dict[str, Any]:
    if len(body) <= RAW_LIMIT:
        return {}
    return {"raw_bytes": len(body), "raw_sha256": hashlib.sha256(body).hexdigest()}


def _arguments(message: Message) -> dict[str, Any] | None:
    try:
        payload = message.payload
    except UNREADABLE:
        return None
    match payload:
        case [list() as args, dict() as kwargs, _]:
            return {"args": args, "kwargs": kwargs}
        case {"args": list() as args, "kwargs": dict() as kwargs}:
            return {"args": args, "kwargs": kwargs}
    return None


def _report(error: BaseException | None) -> ErrorReport | None:
    return report(error) if error is not None else None


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None

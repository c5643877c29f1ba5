"""The envelope in which a message lies in a list of Redis: opened, checked, set right."""

from typing import Any, Final

from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads

from core.deadletters.refusal import UnreadableMessageError

LONGEST_TAG: Final = 255
PRIORITIES: Final = range(10)
BASE64: Final = "base64"
ENCODINGS: Final = frozenset({None, BASE64, "utf-8"})


class BrokenEnvelopeError(UnreadableMessageError):
    """This is not a message as kombu writes them."""


def opened(item: bytes, queue: str) -> dict[str, Any]:
    """The envelope in which a message lies in a list."""
    try:
        envelope = loads(bytes_to_str(item))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise BrokenEnvelopeError("The item is not JSON.") from error
    check(envelope)
    _set_right(envelope, queue)
    found: dict[str, Any] = envelope
    return found


def check(envelope: Any) -> None:
    """Raises for what kombu cannot make a message of, or cannot keep while it is worked on."""
    if not isinstance(envelope, dict) or not isinstance(envelope.get("properties"), dict):
        raise BrokenEnvelopeError("The item has no properties.")
    properties = envelope["properties"]
    tag = properties.get("delivery_tag")
    if not isinstance(tag, str) or not 0 < len(tag) <= LONGEST_TAG or not tag.isprintable():
        raise BrokenEnvelopeError("The properties have no usable `delivery_tag`.")
    encoding = properties.get("body_encoding")
    if not isinstance(encoding, str | None) or encoding not in ENCODINGS:
        raise BrokenEnvelopeError("The body is in an encoding that is not known.")
    if not isinstance(envelope.get("headers"), dict | None):
        raise BrokenEnvelopeError("The headers are no mapping.")


def _set_right(envelope: dict[str, Any], queue: str) -> None:
    """What a message that is put back is sent by: kombu drops it where one of these is odd."""
    if envelope.get("headers") is None:
        envelope["headers"] = {}
    properties = envelope["properties"]
    sent = properties.get("delivery_info")
    if not isinstance(sent, dict) or sent.get("routing_key") != queue or not _ours(sent, queue):
        redelivered = isinstance(sent, dict) and sent.get("redelivered") is True
        properties["delivery_info"] = {"exchange": "", "routing_key": queue} | (
            {"redelivered": True} if redelivered else {}
        )
    if "priority" in properties and properties["priority"] not in PRIORITIES:
        del properties["priority"]


def _ours(sent: dict[str, Any], queue: str) -> bool:
    return sent.get("exchange") in ("", queue)

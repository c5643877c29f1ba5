"""The Redis transport, hardened: whatever lies in a list of the broker, the worker goes on.

kombu takes an item off its list and then fails on what it cannot read, which ends the worker and
loses the item. Here the item is looked at first, and put away where it is no message. What would
fail later, when a message is put back, is set right before it is delivered.
"""

import time
from collections.abc import Callable
from queue import Empty
from typing import Any, ClassVar, Final

import structlog
from kombu import transport
from kombu.transport import redis as stock
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads

from core.deadletters.refusal import UnreadableMessageError

log = structlog.get_logger()

Bury = Callable[[bytes, str, Exception], bool]

LONGEST_TAG: Final = 255
PRIORITIES: Final = range(10)
# An item that could not be put away goes back to its list, but not in a tight circle.
PUT_BACK_PAUSE_SECONDS: Final = 1.0
BASE64: Final = "base64"
ENCODINGS: Final = frozenset({None, BASE64, "utf-8"})


class BrokenEnvelopeError(UnreadableMessageError):
    """This is not a message as kombu writes them."""


def nobody(_item: bytes, _queue: str, _error: Exception) -> bool:
    """Before a worker has said who buries, nothing is taken away."""
    return False


class SafeChannel(stock.Channel):
    bury: ClassVar[Bury] = staticmethod(nobody)

    def _brpop_read(self, **options: Any) -> bool:
        """As kombu's, but what was taken off the list is in hand until it is delivered."""
        this: Any = self
        try:
            popped = self._popped(options)
            if not popped:
                raise Empty
            key, item = popped
            queue = bytes_to_str(key).rsplit(self.sep, 1)[0]
            this._queue_cycle.rotate(queue)  # noqa: SLF001
            self._hand_over(key, item, queue)
            return True
        finally:
            this._in_poll = None  # noqa: SLF001
            this._flush_brpop_reauth()  # noqa: SLF001

    def _popped(self, options: dict[str, Any]) -> Any:
        this: Any = self
        try:
            return this.client.parse_response(this.client.connection, "BRPOP", **options)
        except this.connection_errors:
            this.client.connection.disconnect()
            raise

    def _hand_over(self, key: bytes, item: bytes, queue: str) -> None:
        deliver: Any = self.connection._deliver  # noqa: SLF001 (as kombu's channel does)
        try:
            deliver(opened(item, queue), queue)
        except BrokenEnvelopeError as error:
            if SafeChannel.bury(item, queue, error):
                return
            with self.conn_or_acquire() as client:
                client.lpush(key, item)
            time.sleep(PUT_BACK_PAUSE_SECONDS)

    def decode_body(self, body: Any, encoding: str | None = None) -> Any:
        try:
            found = super().decode_body(body, encoding)
        except (ValueError, TypeError, AttributeError) as error:
            raise BrokenEnvelopeError("The body is not in the encoding that it names.") from error
        if encoding == BASE64 and not _whole(body, found):
            raise BrokenEnvelopeError("The body has signs that are not base64.")
        return found

    def _deliver_fanout_message(self, message: Any, exchange: str) -> Any:
        """Remote control: a broken command is nobody's work, so it is only noted."""
        try:
            check(message)
            above: Any = super()
            return above._deliver_fanout_message(message, exchange)  # noqa: SLF001
        except BrokenEnvelopeError as error:
            log.warning("command.refused", exchange=exchange, error=str(error))
            return True


class SafeTransport(stock.Transport):
    Channel = SafeChannel


class SafeSentinelChannel(SafeChannel, stock.SentinelChannel):
    pass


class SafeSentinelTransport(stock.SentinelTransport):
    Channel = SafeSentinelChannel


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


def _whole(encoded: str, found: bytes) -> bool:
    """The decoder passes over what is not base64, and with it over what the sender wrote."""
    size = len(found)
    if size == (len(encoded) - encoded.count("=")) * 3 // 4:
        return True
    return size == len("".join(encoded.split()).rstrip("=")) * 3 // 4


def install() -> None:
    """For every Redis address from now on, in this process."""
    for scheme, name in (
        ("redis", "SafeTransport"),
        ("rediss", "SafeTransport"),
        ("sentinel", "SafeSentinelTransport"),
    ):
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{name}"
        cache: Any = vars(transport)["_transport_cache"]
        cache.pop(scheme, None)

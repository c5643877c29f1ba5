"""The Redis transport, hardened: whatever lies in a list of the broker, the worker goes on.

kombu takes an item off its list and then fails on what it cannot read, which ends the worker and
loses the item. Here the item is looked at first, and put away where it is no message. What would
fail later, when a message is put back, is set right before it is delivered.

A message is taken and noted in one step of the server, so that no kill can come between. While
all lists are empty nobody asks again before Redis tells that one has changed, or a second is over.
"""

import hashlib
import time
from collections.abc import Callable
from queue import Empty
from typing import Any, ClassVar, Final
from uuid import uuid4

import structlog
from kombu import transport
from kombu.transport import redis as stock
from kombu.transport import virtual
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import NoScriptError, ResponseError

from core.clock import SystemClock
from workers.envelope import BASE64, BrokenEnvelopeError, check, opened
from workers.fetching import FETCH, LAST, TAKE, bare, note, noted

log = structlog.get_logger()

Bury = Callable[[bytes, str, Exception], bool]

# An item that could not be put away goes back to its list, but not in a tight circle.
PUT_BACK_PAUSE_SECONDS: Final = 1.0


CLOCK: Final = SystemClock()
FETCH_SHA: Final = hashlib.sha1(FETCH.encode(), usedforsecurity=False).hexdigest()


def nobody(_item: bytes, _queue: str, _error: Exception) -> bool:
    """Before a worker has said who buries, nothing is taken away."""
    return False


class SafeQoS(stock.QoS):
    def append(self, message: Any, delivery_tag: str) -> None:
        this: Any = self
        if this.channel.has_noted(delivery_tag):
            virtual.QoS.append(self, message, delivery_tag)
        else:
            super().append(message, delivery_tag)

    def forget(self, delivery_tag: str) -> None:
        this: Any = self
        this._remove_from_indices(delivery_tag).execute()  # noqa: SLF001

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:  # noqa: FBT001, FBT002 (as kombu's)
        """As kombu's, which ends the worker on a note that it cannot read."""
        this: Any = self

        def restore(pipe: Any) -> None:
            found = pipe.hget(this.unacked_key, tag)
            pipe.multi()
            this._remove_from_indices(tag, pipe)  # noqa: SLF001
            if found:
                this.channel.put_back(found, pipe, leftmost=leftmost)

        with this.channel.conn_or_acquire(client) as asked:
            asked.transaction(restore, this.unacked_key)


class SafeChannel(stock.Channel):
    QoS = SafeQoS
    bury: ClassVar[Bury] = staticmethod(nobody)

    def __init__(self, *args: Any, **options: Any) -> None:
        self._resting = False
        self._fetched: str | None = None
        self._lists: list[str] = []
        self._names: dict[str, list[str]] = {}
        self._asking: Any = None
        # The sockets whose other end knows the script, and tells of changes.
        self._taught: Any = None
        self._followed: Any = None
        super().__init__(*args, **options)

    def has_noted(self, tag: str) -> bool:
        found, self._fetched = self._fetched == tag, None
        return found

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 (as kombu's)
        """Kombu makes one for each acknowledgement, with tables of all that Redis can answer."""
        this: Any = super()
        if asynchronous:
            return this._create_client(asynchronous=True)  # noqa: SLF001
        if self._asking is None or self._asking.connection_pool is not self.pool:
            self._asking = this._create_client()  # noqa: SLF001
        return self._asking

    def put_back(self, found: bytes, pipe: Any, *, leftmost: bool) -> None:
        this: Any = self
        if (message := noted(found)) is not None:
            this._do_restore_message(*message, pipe, leftmost)  # noqa: SLF001
        elif (item := bare(found)) is not None:
            pipe.rpush(item[1], item[0])
        else:
            SafeChannel.bury(found, this.unacked_key, BrokenEnvelopeError())

    def look_again(self) -> None:
        """Where Redis does not tell of changes, a second is all that it costs."""
        this: Any = self
        if self._resting and CLOCK.monotonic() - this._brpop_sent_at >= this.brpop_timeout:  # noqa: SLF001
            self._awake()

    def _awake(self) -> None:
        this: Any = self
        self._resting = False
        this._in_poll = None  # noqa: SLF001
        this._flush_brpop_reauth()  # noqa: SLF001

    def _brpop_start(self, timeout: float | None = None) -> None:  # noqa: ARG002 (kombu's)
        this: Any = self
        queues = this._queue_cycle.consume(len(this.active_queues))  # noqa: SLF001
        if not queues:
            return
        connection = this.client.connection
        this._in_poll, this._brpop_sent_at = connection, CLOCK.monotonic()  # noqa: SLF001
        self._resting = False
        self._lists = [
            name for names in zip(*map(self._lists_of, queues), strict=True) for name in names
        ]
        keys = (*self._lists, this.unacked_key, this.unacked_index_key)
        order = ("EVALSHA", FETCH_SHA)
        if self._taught is not connection._sock:  # noqa: SLF001
            order = ("EVAL", FETCH)
        connection.send_command(*order, len(keys), *keys, CLOCK.now().timestamp(), self.sep)
        self._taught = connection._sock  # noqa: SLF001

    def _lists_of(self, queue: str) -> list[str]:
        """By priority."""
        this: Any = self
        if (names := self._names.get(queue)) is None:
            names = [this._q_for_pri(queue, step) for step in this.priority_steps]  # noqa: SLF001
            self._names[queue] = names
        return names

    def _brpop_read(self, **_: Any) -> bool:
        this: Any = self
        try:
            found = self._read(this.client.connection)
            if found is None:
                raise Empty
            key, item, tag = found
            queue = key.rsplit(self.sep, 1)[0]
            this._queue_cycle.rotate(queue)  # noqa: SLF001
            self._hand_over(key, item, tag, queue)
            return True
        finally:
            if not self._resting:
                self._awake()

    def _read(self, connection: Any) -> tuple[str, bytes, str] | None:
        this: Any = self
        try:
            if self._resting:
                self._resting = False
                self._hear(connection)
            elif (found := self._answer(connection)) is not None:
                key, item, tag = found
                return bytes_to_str(key), item, bytes_to_str(tag)
            else:
                self._resting = self._nothing_there(connection)
        except this.connection_errors:
            self._resting = False
            connection.disconnect()
            raise
        return None

    def _answer(self, connection: Any) -> Any:
        try:
            return connection.read_response()
        except NoScriptError as error:
            self._taught = None
            raise Empty from error

    def overhear(self) -> None:
        """A connection that has ended is made anew before something is asked again."""
        this: Any = self
        connection = this.client.connection
        try:
            self._hear(connection)
        except this.connection_errors:
            connection.disconnect()

    def _hear(self, connection: Any) -> None:
        """Whatever Redis tells, the lists are worth a look."""
        while connection.can_read(0):
            connection.read_response(push_request=True)

    def _nothing_there(self, connection: Any) -> bool:
        """From here on Redis tells when one of the lists changes."""
        if self._followed is not connection._sock:  # noqa: SLF001
            try:
                _ask(connection, "CLIENT", "TRACKING", "ON")
            except ResponseError as error:
                log.warning("broker.not_followed", error=str(error))
            self._followed = connection._sock  # noqa: SLF001
        return not _ask(connection, "EXISTS", *self._lists)

    def _hand_over(self, key: str, item: bytes, tag: str, queue: str) -> None:
        this: Any = self
        deliverer = this.connection
        try:
            envelope = opened(item, queue)
            if not tag and not (tag := self._taken(key, item, envelope, queue)):
                return
            self._fetched = tag
            deliverer._deliver(envelope, queue)  # noqa: SLF001 (as kombu's channel does)
            if self._fetched and queue in deliverer._callbacks:  # noqa: SLF001
                this.qos.forget(tag)  # for a consumer that acknowledges nothing
        except BrokenEnvelopeError as error:
            self._put_away(key, item, tag, error)
        finally:
            self._fetched = None

    def _taken(self, key: str, item: bytes, envelope: dict[str, Any], queue: str) -> str:
        """The tag by which it is noted; empty when another worker has it."""
        this: Any = self
        tag: str = envelope["properties"]["delivery_tag"]
        with self.conn_or_acquire() as client:
            if client.hexists(this.unacked_key, tag):
                tag = envelope["properties"]["delivery_tag"] = str(uuid4())
            keys = [key, this.unacked_key, this.unacked_index_key]
            values = [item, tag, note(envelope, queue), CLOCK.now().timestamp()]
            return tag if client.eval(TAKE, 3, *keys, *values) else ""

    def _put_away(self, key: str, item: bytes, tag: str, error: Exception) -> None:
        """In the dead letters first, and only then gone from the broker."""
        this: Any = self
        buried = SafeChannel.bury(item, key.rsplit(self.sep, 1)[0], error)
        with self.conn_or_acquire() as client:
            if tag:
                pipe = this.qos._remove_from_indices(tag, client.pipeline())  # noqa: SLF001
                (pipe if buried else pipe.lpush(key, item)).execute()
            elif buried:
                client.lrem(key, -1, item)
            else:
                client.eval(LAST, 1, key, item)
        if not buried:
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


class WakefulPoller(stock.MultiChannelPoller):
    def on_poll_start(self) -> None:
        this: Any = self
        for channel in this._channels:  # noqa: SLF001
            channel.look_again()
        super().on_poll_start()

    def on_readable(self, fileno: int) -> Any:
        """Redis tells of further lists while nothing is asked of it: a reply would not come."""
        this: Any = self
        channel, kind = this._fd_to_chan.get(fileno, (None, None))  # noqa: SLF001
        if kind == "BRPOP" and not channel._in_poll:  # noqa: SLF001
            return channel.overhear()
        return super().on_readable(fileno)


class SafeTransport(stock.Transport):
    Channel = SafeChannel

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cycle = WakefulPoller()


class SafeSentinelChannel(SafeChannel, stock.SentinelChannel):
    pass


class SafeSentinelTransport(SafeTransport, stock.SentinelTransport):
    Channel = SafeSentinelChannel


def _ask(connection: Any, *command: str) -> Any:
    connection.send_command(*command)
    return connection.read_response()


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

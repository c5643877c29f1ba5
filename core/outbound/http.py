"""HTTP calls to the outside: one connection each, to an address that was judged, until a deadline.

Redirects are not followed, proxies of the environment are not used, no cookie is kept: each of
them would lead somewhere else than to what was judged.
"""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Final
from urllib.parse import quote, urlsplit

import httpcore2

from core.clock import Clock, SystemClock
from core.errors import Category, DependencyError, InvalidInputError
from core.outbound.lookup import addresses
from core.outbound.policy import AddressRefusedError, OutboundPolicy

MOST_READ: Final = 64 * 1024
PORTS: Final = {"http": 80, "https": 443}
# What stands as it is in the path and the query of an address.
PLAIN: Final = "/%?:@!$&'()*+,;=~-._[]"


class OutboundError(DependencyError):
    """What was called did not answer."""

    code = "ML-OUT-0003"
    category = Category.CONNECTION


class OutboundTimeoutError(OutboundError):
    """What was called did not answer in time."""

    code = "ML-OUT-0004"
    category = Category.TIMEOUT


class InvalidAddressError(InvalidInputError):
    """This is not the address of something that can be called over HTTP."""

    code = "ML-OUT-0005"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have names in small letters; `body` is cut off after 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 (what HTTP calls a success)

    @property
    def retry_after(self) -> float | None:
        """Seconds; `wait` takes a date as well."""
        told = self.headers.get("retry-after", "")
        return float(told) if told.isdecimal() else None

    def wait(self, now: datetime) -> float | None:
        """Seconds until it may be tried again, also where a moment was told."""
        if self.retry_after is not None:
            return self.retry_after
        try:
            until = parsedate_to_datetime(self.headers.get("retry-after", ""))
        except (ValueError, OverflowError):  # a number in it is beyond what a date can have
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - now).total_seconds())


class Outbound:
    """May be shared by threads; a call has a connection of its own."""

    def __init__(self, policy: OutboundPolicy, clock: Clock | None = None) -> None:
        self.policy = policy
        self._clock = clock or SystemClock()

    def call(self, call: Call, *, timeout: float) -> Answer:
        """`timeout` is for all of it: look-up, connection, request and answer."""
        url = parsed(call.url)
        place = f"{url.scheme.decode()}://{url.host.decode()}"
        deadline = Deadline(self._clock, timeout)
        try:
            return self._called(call, url, deadline)
        except httpcore2.TimeoutException as error:
            raise OutboundTimeoutError(f"{place} did not answer in {timeout:g} s.") from error
        except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
            raise OutboundError(f"{place} cannot be called: {error}.") from error
        except (httpcore2.LocalProtocolError, ValueError) as error:
            raise InvalidAddressError(f"The call of {place} is not valid HTTP.") from error

    def _called(self, call: Call, url: httpcore2.URL, deadline: "Deadline") -> Answer:
        backend = JudgedBackend(self.policy, deadline)
        sent: dict[bytes | str, bytes | str] = {
            "host": _named(url),
            "user-agent": "Mendline",
            "connection": "close",
            **{name.lower(): value for name, value in call.headers.items()},
        }
        with (
            httpcore2.ConnectionPool(self._context, network_backend=backend) as pool,
            pool.stream(
                call.method,
                url,
                headers=sent,
                content=call.body or None,
            ) as response,
        ):
            body = _read(response.iter_stream())
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return Answer(response.status, headers, body, deadline.spent)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return httpcore2.default_ssl_context()


def parsed(address: str) -> httpcore2.URL:
    """Refuses what is not plainly the address of one server."""
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
        host = (parts.hostname or "").encode("idna").decode()
    except (UnicodeError, ValueError) as error:
        raise InvalidAddressError("This is not an address that can be called.") from error
    if port is None or not host:
        raise InvalidAddressError("An address begins with http:// or https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise InvalidAddressError("A name and a password belong in a header, not in an address.")
    target = quote(parts.path or "/", safe=PLAIN)
    if parts.query:
        target += "?" + quote(parts.query, safe=PLAIN)
    return httpcore2.URL(scheme=parts.scheme, host=host, port=port, target=target)


def _named(url: httpcore2.URL) -> str:
    host = url.host.decode()
    host = f"[{host}]" if ":" in host else host
    return host if url.port == PORTS[url.scheme.decode()] else f"{host}:{url.port}"


def _read(chunks: Iterable[bytes]) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= MOST_READ:
            break
    return bytes(found[:MOST_READ])


class Deadline:
    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds, self._start = clock, seconds, clock.monotonic()

    @property
    def spent(self) -> float:
        return self._clock.monotonic() - self._start

    def left(self, error: type[Exception]) -> float:
        """Seconds; raises the error where there are none."""
        found = self._seconds - self.spent
        if found <= 0:
            raise error
        return found


class JudgedBackend(httpcore2.NetworkBackend):
    """Connects to permitted addresses only; the name stays what TLS and the server are told."""

    def __init__(self, policy: OutboundPolicy, deadline: Deadline) -> None:
        self._policy = policy
        self._deadline = deadline
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (the deadline is what counts)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(httpcore2.ConnectTimeout)
        found = addresses(host, port, self._policy, timeout=left)
        failed: httpcore2.NetworkError | httpcore2.TimeoutException | None = None
        for number, address in enumerate(found):
            share = self._deadline.left(httpcore2.ConnectTimeout) / (len(found) - number)
            try:
                stream = self._plain.connect_tcp(
                    address, port, share, local_address, socket_options or ()
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
            else:
                return DeadlineStream(stream, self._deadline)
        raise failed or AddressRefusedError

    def sleep(self, seconds: float) -> None:
        self._plain.sleep(seconds)


class DeadlineStream(httpcore2.NetworkStream):
    """Each step has what is left of the time of all of them, however slowly bytes drip in."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._deadline.left(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._deadline.left(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(httpcore2.ConnectTimeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)

"""Opens a connection to a port and closes it again."""

import socket

from core.clock import Clock
from core.outbound.lookup import UnknownHostError, addresses
from core.outbound.policy import AddressRefusedError, OutboundPolicy
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.probe import Finding, Question


class TcpProbe:
    """`{"host", "port"}`."""

    name = "tcp"

    def __init__(self, policy: OutboundPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock

    def ask(self, question: Question) -> Finding:
        with Arguments("The probe tcp", question.arguments) as given:
            host, port = given.text("host"), given.whole("port", low=1, high=65_535)
        start = self._clock.monotonic()
        wrong = self._wrong(host, port, question.timeout)
        seconds = self._clock.monotonic() - start
        return Finding(wrong is None, wrong or f"port {port} takes connections", seconds)

    def _wrong(self, host: str, port: int, timeout: float) -> str | None:
        try:
            address = addresses(host, port, self._policy, timeout=timeout)[0]
            socket.create_connection((address, port), timeout).close()
        except AddressRefusedError as error:
            raise ArgumentError(str(error)) from error
        except UnknownHostError as error:
            return str(error)
        except OSError as error:
            return f"port {port}: {error.strerror or 'no answer in time'}"
        return None

"""From the name of a host to the addresses that may be called, looked up once and in time."""

import ipaddress
import socket
import threading
from queue import Empty, SimpleQueue

from core.errors import Category, DependencyError
from core.outbound.policy import Address, AddressRefusedError, OutboundPolicy


class UnknownHostError(DependencyError):
    """The name of the host cannot be looked up."""

    code = "ML-OUT-0002"
    category = Category.CONNECTION


def addresses(host: str, port: int, policy: OutboundPolicy, *, timeout: float) -> list[str]:
    """Those that the policy permits, in the order of the system."""
    found = _found(host.strip("[]"), port, timeout)
    permitted = [str(each) for each in found if policy.permits(each, host)]
    if not permitted:
        raise AddressRefusedError(
            f"{host} is at {', '.join(map(str, found))}, which may not be called; "
            "MENDLINE_OUTBOUND_ALLOW names what may be besides public addresses.",
            host=host,
        )
    return permitted


def _found(host: str, port: int, timeout: float) -> list[Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        return _looked_up(host, port, timeout)


def _looked_up(host: str, port: int, timeout: float) -> list[Address]:
    """In a thread of its own: the system's look-up knows no time limit."""
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout, 0.001))
    except Empty as error:
        raise UnknownHostError(f"Looking up {host} took too long.", host=host) from error
    if isinstance(answer, OSError):
        raise UnknownHostError(f"{host} cannot be looked up.", host=host) from answer
    return [ipaddress.ip_address(each.partition("%")[0]) for each in dict.fromkeys(answer)]


def _look_up(host: str, port: int, answers: "SimpleQueue[list[str] | OSError]") -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.put([str(each[4][0]) for each in found])
    except OSError as error:
        answers.put(error)
    except UnicodeError as error:  # a label that is too long, or empty
        answers.put(OSError(str(error)))

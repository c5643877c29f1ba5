"""How long the TLS certificate of a server is good: asked for as its clients are, and not judged.

A certificate that is over or of an unknown authority is told as any other: who watches wants to
know of it. Nothing is sent to the server but the greeting of its protocol.
"""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.outbound.http import OutboundError

SMTP: Final = "smtp"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A server; `greeting` is what has to be said before TLS begins, if anything."""

    host: str
    port: int = 443
    greeting: str = ""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def good_until(place: Place, *, timeout: float) -> datetime:
    """The end of the certificate that the server shows."""
    try:
        shown = _mail_server(place, timeout) if place.greeting == SMTP else _server(place, timeout)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:  # no name of a host can be so
        raise OutboundError(f"{place} showed no certificate: {error}.") from error
    if not shown:
        raise OutboundError(f"{place} showed no certificate.")
    from cryptography import x509  # noqa: PLC0415 (slow to import; asked once an hour)

    try:
        return x509.load_der_x509_certificate(shown).not_valid_after_utc
    except ValueError as error:
        raise OutboundError(f"The certificate of {place} cannot be read.") from error


def _server(place: Place, timeout: float) -> bytes | None:
    with (
        socket.create_connection((place.host, place.port), timeout) as plain,
        _context().wrap_socket(plain, server_hostname=place.host) as secured,
    ):
        return secured.getpeercert(binary_form=True)


def _mail_server(place: Place, timeout: float) -> bytes | None:
    with smtplib.SMTP(place.host, place.port, "localhost", timeout=timeout) as server:
        server.starttls(context=_context())
        secured = server.sock
        assert isinstance(secured, ssl.SSLSocket)
        return secured.getpeercert(binary_form=True)


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

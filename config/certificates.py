"""Whose TLS certificates are watched: what the operator names, and what Mendline talks to."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from config import wiring
from config.settings import Settings
from core.errors import ConfigurationError
from core.outbound.certificates import SMTP, Place

# Servers that speak TLS from the first byte on, or after a greeting.
PORTS: Final = {"https": 443, "rediss": 6379, "amqps": 5671, "smtps": 465, "smtp": 587}
GREETINGS: Final = {"smtp": SMTP}


def places(settings: Settings) -> tuple[Place, ...]:
    """Each once, in order."""
    named = (place(each) for each in settings.certificate_hosts)
    called = (found for each in _addresses(settings) if (found := _called(each)))
    return tuple(sorted({*named, *called, *_mail_servers(settings)}))


def place(text: str) -> Place:
    """Of `host`, `host:port` or `[::1]:port`."""
    try:
        parts = urlsplit(f"//{text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is not the name of a host with a port.") from error
    if not host or parts.path or parts.username:
        raise ConfigurationError(f"{text!r} is not the name of a host with a port.")
    return Place(host, port or PORTS["https"])


def _addresses(settings: Settings) -> Iterator[str]:
    """Secrets may stand in them: nothing but host and port is used."""
    told = (settings.public_url, settings.redis_url, settings.broker_url, settings.smtp_url)
    others = (settings.heartbeat_url, settings.sentry_dsn, settings.backup_s3_endpoint)
    for each in (*told, *others):
        if each is not None:
            yield each if isinstance(each, str) else each.get_secret_value()
    book, _ = wiring.channels(settings)
    for declared in book.declared.values():
        yield getattr(declared.channel, "url", "")


def _called(address: str) -> Place | None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host:
        return None
    return Place(host, port or PORTS[parts.scheme], GREETINGS.get(parts.scheme, ""))


def _mail_servers(settings: Settings) -> Iterator[Place]:
    """Of the channels that name one of their own."""
    book, _ = wiring.channels(settings)
    for declared in book.declared.values():
        relay = getattr(declared.channel, "relay", None)
        if relay is not None and relay.tls != "none":
            greeting = SMTP if relay.tls == "starttls" else ""
            yield Place(relay.host, relay.port, greeting)

"""Brokers of other applications by the names they are declared under; no row holds a password."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from core.errors import UnprocessableError

SCHEMES: Final = frozenset({"amqp", "amqps", "pyamqp", "redis", "rediss", "sentinel"})


def broker_name(told: str, declared: Mapping[str, str]) -> str:
    """`declared` are addresses by name. An address that is not among them is kept as a wish.

    A replay goes to declared brokers only, so nobody can be made to connect to a stranger.
    """
    if "://" not in told:
        return told
    wanted = address(told)
    known = (name for name, url in declared.items() if address(url) == wanted)
    return next(known, wanted)


def address(url: str) -> str:
    """The URL without user, password, and options."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnprocessableError("`broker` is not a name and not an address.") from error
    if parts.scheme not in SCHEMES:
        raise UnprocessableError(
            f"`broker` is the name of a declared broker, or begins with one of "
            f"{', '.join(sorted(SCHEMES))}."
        )
    host = f"{parts.hostname or ''}:{port}" if port else parts.hostname or ""
    return f"{parts.scheme}://{host}{parts.path}"

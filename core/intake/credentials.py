"""Reads the key that a client shows, in all the places and orders that clients put it."""

from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

_KEY_DIGITS: Final = 32
_MOST_FIELDS: Final = 100
_HEX: Final = frozenset("0123456789abcdef")
_REMEMBERED: Final = 4_096
_LONGEST_REMEMBERED: Final = 1_024  # bytes; with what a client of ours adds it is a third of this


class Dsn(NamedTuple):
    """`http://<32 hex>@host:port/<project id>`; only what identifies the sender."""

    public_key: str
    project_id: int


def public_key(text: str | None) -> str | None:
    """The key in the form it is stored in, or None when it cannot be one."""
    if not text:
        return None
    plain = text.strip().lower().replace("-", "")
    return plain if len(plain) == _KEY_DIGITS and _HEX.issuperset(plain) else None


def project_id(text: str) -> int | None:
    """Decimal digits only, and within PostgreSQL's bigint."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):  # noqa: PLR2004 - below 2^63
        return None
    return int(text)


def parse_dsn(text: str) -> Dsn | None:
    try:
        parts = urlsplit(text)
        username = parts.username
    except ValueError:
        return None
    key = public_key(username)
    project = project_id(parts.path.rstrip("/").rpartition("/")[2])
    return None if key is None or project is None else Dsn(key, project)


def _pairs(text: str) -> dict[str, str]:
    """`Sentry a=1, b=2` in any order; the scheme's name and unknown parts are ignored."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, separator, value = part.partition("=")
        if separator:
            found[name.strip().rpartition(" ")[2].lower()] = value.strip().strip('"')
    return found


def from_sentry_header(text: str) -> str | None:
    """The key in `X-Sentry-Auth`, or in an `Authorization` header of the scheme `Sentry`."""
    return public_key(_pairs(text).get("sentry_key"))


def from_query(text: str) -> str | None:
    return public_key(query_field(text, "sentry_key"))


def query_project(text: str) -> int | None:
    """`?project=<id>`, for keys that are not of one project."""
    return project_id(query_field(text, "project") or "")


def query_field(text: str, wanted: str) -> str | None:
    """What the query string says first under this name; a `ValueError` where it is endless."""
    fields = parse_qsl(text, max_num_fields=_MOST_FIELDS)
    return next((value for name, value in fields if name == wanted), None)


def bearer(text: str) -> str | None:
    """The token of `Authorization: Bearer …`."""
    scheme, _, token = text.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


class Remembered:
    """The same client sends the same header with every event: what it held is kept.

    Bounded in number and in size: strangers choose what they send, before any key is checked.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, str | None] = {}

    def __call__(self, name: bytes, value: bytes) -> str | None:
        """The key in the header or query string `name`, None when there is no readable one."""
        spot = name + value
        try:
            return self._known[spot]
        except KeyError:
            found = _read(name, value.decode("latin-1"))
            if len(spot) <= _LONGEST_REMEMBERED:
                self._keep(spot, found)
            return found

    def _keep(self, spot: bytes, found: str | None) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[spot] = found


def _read(name: bytes, text: str) -> str | None:
    if name == b"query":
        try:
            return from_query(text)
        except ValueError:  # more fields than a client of ours ever sends
            return None
    if name == b"authorization":
        token = bearer(text)
        return public_key(token) if token else from_sentry_header(text)
    return from_sentry_header(text)

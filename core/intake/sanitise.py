"""Makes any value storable: what PostgreSQL, payloads or orjson could not hold is replaced."""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

MAX_DEPTH: Final = 64
TOO_DEEP: Final = "[too deep]"
_LOW: Final = -(1 << 63)
_HIGH: Final = (1 << 63) - 1


class Sanitised(NamedTuple):
    """The clean value and what had to be changed: nul, surrogate, bigint, nan, depth, shape."""

    value: Any
    tags: tuple[str, ...]


def sanitise(payload: Any, *, max_depth: int = MAX_DEPTH) -> Sanitised:
    """A copy that is JSON through and through, at most `max_depth` containers deep."""
    tags: set[str] = set()
    value = _clean(payload, max_depth, tags)
    return Sanitised(value, tuple(sorted(tags)))


def deeper_than(value: Any, limit: int) -> bool:
    """Whether containers are nested more than `limit` deep; level by level, without recursion."""
    level: list[Any] = [value] if type(value) in (dict, list) else []
    for _ in range(limit):
        level = [
            member
            for holder in level
            for member in (holder.values() if type(holder) is dict else holder)
            if type(member) is dict or type(member) is list
        ]
        if not level:
            return False
    return bool(level)


def _clean(value: Any, depth: int, tags: set[str]) -> Any:
    kind = type(value)
    if kind is str:
        return _text(value, tags)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if _LOW <= value <= _HIGH else _big(value, tags)
    if kind is float:
        return value if math.isfinite(value) else _no_number(value, tags)
    if depth <= 0:
        tags.add("depth")
        return TOO_DEEP
    return _container(value, depth, tags)


def _container(value: Any, depth: int, tags: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {_key(k, tags): _clean(v, depth - 1, tags) for k, v in value.items()}
    if isinstance(value, list):
        return [_clean(member, depth - 1, tags) for member in value]
    tags.add("shape")
    if isinstance(value, (tuple, set, frozenset)):
        return [_clean(member, depth - 1, tags) for member in value]
    if isinstance(value, (bytes, bytearray)):
        return _text(bytes(value).decode(errors="replace"), tags)
    return _text(str(value), tags)


def _key(key: Any, tags: set[str]) -> str:
    if not isinstance(key, str):
        tags.add("shape")
    return _text(str(key), tags)


def _text(text: str, tags: set[str]) -> str:
    if "\x00" in text:
        tags.add("nul")
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        tags.add("surrogate")
        # Pairs that came as two halves become the character they meant; lone halves cannot be kept.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _big(value: int, tags: set[str]) -> str:
    tags.add("bigint")
    return f"{value:#x}" if value.bit_length() > 4_096 else str(value)  # noqa: PLR2004 - Python refuses to write very long ones in decimal


def _no_number(value: float, tags: set[str]) -> str | None:
    tags.add("nan")
    return None if math.isnan(value) else str(value)

"""Text that claims to be JSON, as clients really send it: other charsets, NaN, lone surrogates."""

import json
from typing import Any, Final, NamedTuple

import orjson

from core.errors import InvalidInputError
from core.intake.rejection import Reason

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Windows-1252 as browsers read it: the five bytes without a letter keep their control character.
_CP1252: Final = {
    code: bytes([code]).decode("cp1252", errors="replace").replace("\ufffd", chr(code))
    for code in range(0x80, 0xA0)
}
_MAX_BITS: Final = 63
_DIGITS: Final = bytes(48 if 48 <= code <= 57 else 120 for code in range(256))  # noqa: PLR2004 - "0" to "9"
_LONG_NUMBER: Final = b"0" * 19


class Loaded(NamedTuple):
    """A JSON value and how it deviated from plain JSON in UTF-8."""

    value: Any
    tags: tuple[str, ...]


def to_text(data: bytes) -> tuple[str, str | None]:
    """The text and, where it was not UTF-8, the charset it was read as."""
    for mark, charset in _BOMS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(charset, errors="replace")
            return text, None if charset == "utf-8" else charset
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        return data.decode("latin-1").translate(_CP1252), "windows-1252"


def loads(data: bytes) -> Loaded:
    """The value of a JSON document; lenient where clients are known to be wrong.

    1. orjson, which says whether it is plain JSON at all. Its value is the answer, unless there is
       a number that may not fit 64 bits: it would turn such a number into a float without a word.
    2. Python's own parser, which takes NaN, lone surrogates and control characters.
    """
    tags: list[str] = []
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        tags.append("lenient_json")
    else:
        if _LONG_NUMBER not in data.translate(_DIGITS):
            return Loaded(value, ())
    text, charset = to_text(data)
    if charset:
        tags.append(f"charset:{charset}")
    try:
        return Loaded(json.loads(text, strict=False, parse_int=_integer), tuple(tags))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"not valid JSON: {error}", reason=Reason.INVALID) from error


def _integer(digits: str) -> int | str:
    """Numbers beyond 64 bits stay as written: no later stage can hold them as numbers."""
    if len(digits) > 20:  # noqa: PLR2004 - a sign and the 19 digits of 2^63
        return digits
    value = int(digits)
    return value if -(1 << _MAX_BITS) <= value < (1 << _MAX_BITS) else digits

"""A JSON document from outside as a value that every later stage can hold."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import takewhile
from typing import Any, Final

import msgspec

from core.intake import lenient
from core.intake.lenient import Loaded
from core.intake.sanitise import MAX_DEPTH, deeper_than, sanitise

_NUL: Final = b"\\u0000"


def load(data: bytes) -> Loaded:
    """Parses leniently, and looks through the value only where something in it may be odd."""
    value, tags = lenient.loads(data)
    if tags or _NUL in data or deeper_than(value, MAX_DEPTH):
        clean, changed = sanitise(value)
        return Loaded(clean, (*tags, *changed))
    return Loaded(value, tags)


class TooManyPartsError(ValueError):
    """An array has more members than may come at once."""


def parts(data: bytes, *, most: int) -> Sequence[bytes] | None:
    """The members of a JSON array as they are written; none of them is made a value here.

    None for what is not plainly an array. One of millions of members ends after `most` of them:
    as values they would take thirty times the memory of their text.
    """
    try:
        found = _splitter(most)(data)
    except msgspec.ValidationError as error:
        if data.lstrip().startswith(b"["):
            raise TooManyPartsError from error
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    members = (bytes(getattr(found, name)) for name in found.__struct_fields__)
    return list(takewhile(bool, members))


@cache
def _splitter(most: int) -> Callable[[bytes], msgspec.Struct]:
    """Reads an array as an object of so many fields, hence ends with the first that is too many."""
    fields: list[tuple[str, Any, Any]] = [
        (f"member_{place}", msgspec.Raw, msgspec.Raw(b"")) for place in range(most)
    ]
    made = msgspec.defstruct("Parts", fields, array_like=True, forbid_unknown_fields=True, gc=False)
    return msgspec.json.Decoder(made).decode

"""A JSON document from outside as a value that every later stage can hold."""

from typing import Final

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

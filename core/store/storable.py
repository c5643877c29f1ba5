"""Values of strangers on their way into `jsonb`, which takes less than JSON does."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

LONGEST: Final = 2**62
DEEPEST: Final = 200
TOO_DEEP: Final = "[too deep]"


def storable(value: Any, *, depth: int = 0) -> Any:
    """The same with NULs and lone surrogates replaced, huge numbers and odd types as text."""
    if depth >= DEEPEST and isinstance(value, Mapping | list | tuple):
        return TOO_DEEP  # what is in it could be deep enough to end the interpreter's patience
    if isinstance(value, Mapping):
        return {text(str(key)): storable(each, depth=depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each, depth=depth + 1) for each in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -LONGEST <= value <= LONGEST:
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    return text(str(value))


def text(value: str) -> str:
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()

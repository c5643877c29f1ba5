"""The identity of an event: as clients write it, and as we make it when they do not."""

import uuid
from typing import Any, Final

_NIL: Final = uuid.UUID(int=0)
_LENGTHS: Final = frozenset({32, 36})
_SPACE: Final = uuid.UUID("6f1d8a52-5a0e-4f3c-9d3b-2f6f3b0d7c11")


def read(value: Any) -> uuid.UUID | None:
    """32 hex digits, with or without dashes; the nil id is no identity."""
    if not isinstance(value, str) or len(value) not in _LENGTHS:
        return None
    try:
        found = uuid.UUID(value)
    except ValueError:
        return None
    return None if found == _NIL else found


def fresh() -> uuid.UUID:
    return uuid.uuid4()


def of_message(message_id: str) -> uuid.UUID:
    """The same for every delivery of one message, so that a second delivery is a duplicate."""
    return uuid.uuid5(_SPACE, message_id)

"""What failed for good: captured once, found, understood, sent again or put away with a reason."""

from core.deadletters.closing import Edit, LetterClosedError, discard, replay
from core.deadletters.foreign import foreign
from core.deadletters.letters import (
    LetterFilter,
    LetterNotFoundError,
    chosen,
    get,
    masked,
    page,
    visible,
)
from core.store.deadletters import Capture
from core.store.deadletters import insert_capture as capture

__all__ = [
    "Capture",
    "Edit",
    "LetterClosedError",
    "LetterFilter",
    "LetterNotFoundError",
    "capture",
    "chosen",
    "discard",
    "foreign",
    "get",
    "masked",
    "page",
    "replay",
    "visible",
]

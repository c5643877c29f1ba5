"""What failed for good: captured once, found, understood, sent again or put away with a reason."""

from core.deadletters.advance import advance
from core.deadletters.closing import discard, replay
from core.deadletters.edits import Edit, LetterClosedError, edit, versions
from core.deadletters.foreign import foreign, take_in
from core.deadletters.letters import (
    LetterFilter,
    LetterNotFoundError,
    chosen,
    get,
    page,
    visible,
)
from core.deadletters.masking import masked, whole
from core.deadletters.orders import Means
from core.deadletters.replays import Pace, Preview, RunEndedError, RunNotFoundError, preview
from core.store.deadletters import Capture
from core.store.deadletters import insert_capture as capture

__all__ = [
    "Capture",
    "Edit",
    "LetterClosedError",
    "LetterFilter",
    "LetterNotFoundError",
    "Means",
    "Pace",
    "Preview",
    "RunEndedError",
    "RunNotFoundError",
    "advance",
    "capture",
    "chosen",
    "discard",
    "edit",
    "foreign",
    "get",
    "masked",
    "page",
    "preview",
    "replay",
    "take_in",
    "versions",
    "visible",
    "whole",
]

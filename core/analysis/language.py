"""What analysis must know of a programming language: how its frames are named and its traces
printed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.analysis.event import Failure, Frame


@dataclass(frozen=True, eq=False, slots=True)
class Language:
    """One language.

    `label` names a frame the same in every build, run and release; empty means it says nothing.
    `own` guesses whether a frame is the application's, where the client did not tell.
    `parse` reads a printed trace, causes first; nothing found means another language's trace.
    """

    name: str
    platforms: frozenset[str]
    suffixes: tuple[str, ...]
    label: Callable[[Frame], str]
    own: Callable[[Frame], bool]
    parse: Callable[[str], list[Failure]] | None = None


def joined(place: str, function: str) -> str:
    """How every language writes a frame: `place:function`, or the one that is known."""
    return f"{place}:{function}" if place and function else place or function

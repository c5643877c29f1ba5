"""Which frames of a stack trace identify it: those of the application, as far as they say enough.

A printed trace and the same one as frames must end here alike. So it makes no difference whether
the client marked the application's frames or their paths told it.
"""

from collections.abc import Callable, Sequence
from typing import Final

from core.analysis.event import Frame
from core.analysis.language import Language

Named = tuple[Frame, tuple[str, int]]
Telling = Callable[[Sequence[Named], Sequence[Named], Language], list[Named]]

# One name alone would join unlike failures.
ENOUGH: Final = 2
# Where only the program's start is the application's own, the neighbourhood of the failure tells.
_NEIGHBOURHOOD: Final = 5


def telling(own: Sequence[Named], named: Sequence[Named], language: Language) -> list[Named]:
    """`own`: those of `named` that are the application's, the innermost last in both.

    1. Several own ones tell; beside them where it failed in a library, if the language has it so.
    2. A single one tells together with where it failed, or, if it only started the program, with
       what it led to.
    3. Without any, and where paths say little of whose code it is, all of them.
    """
    if not own:
        return [*named]
    several = len({label for _, (label, _) in own}) >= ENOUGH
    if language.engines or language.depth:
        marked = language.depth and any(frame.in_app for frame, _ in own)
        return [*own] if several or marked else [*named]
    beyond = named[_place(own[-1], named) + 1 :]
    if several:
        return [*own, *beyond[-1:]] if language.ends else [*own]
    started = own[0] is named[0]
    return [*own, *beyond[-_NEIGHBOURHOOD if started else -1 :]]


def _place(one: Named, named: Sequence[Named]) -> int:
    return next(at for at in range(len(named) - 1, -1, -1) if named[at] is one)

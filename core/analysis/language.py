"""What analysis must know of a programming language: how its frames are named and its traces
printed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.analysis.event import Failure, Frame

# `package.Type`, `name\\space\\Type`; not a sentence with a full stop in it.
_OF_MODULE = re.compile(r"^(?:[A-Za-z_][\w$]*[.\\])+(?=[A-Za-z_][\w$`+]*$)")


def _silent(_: Frame) -> int:
    return 0


def _as_it_came(kind: str, value: str) -> tuple[str, str]:
    return kind, value


@dataclass(frozen=True, eq=False, slots=True)
class Language:
    """One language.

    `label` names a frame the same in every build, run and release; empty means it says nothing.
    `own` guesses whether a frame is the application's, where the client did not tell.
    `parse` reads a printed trace, causes first; nothing found means another language's trace.
    `noise` ranks machinery: 1 is what libraries wrap code in, 2 what starts, allocates and ends,
    3 a fuzzer's harness and 4 what scheduled a call, both with everything further out.
    `depth` is how many of the innermost frames count; 0 is all of them.
    `engines`: several run-times print one failure differently; their clients mark every frame as
    the application's, so `own` is asked all the same, and not all of them show nameless frames.
    `ends`: where own frames are guessed, the frame of a library that failed counts beside them.
    `generous`: clients mark more than the application's frames, so `own` is asked all the same.
    `said` puts type and message of a failure as every run-time of the language would.
    """

    name: str
    platforms: frozenset[str]
    suffixes: tuple[str, ...]
    label: Callable[[Frame], str]
    own: Callable[[Frame], bool]
    parse: Callable[[str], list[Failure]] | None = None
    noise: Callable[[Frame], int] = _silent
    depth: int = 0
    engines: bool = False
    ends: bool = False
    generous: bool = False
    said: Callable[[str, str], tuple[str, str]] = _as_it_came


def bare_type(kind: str, value: str) -> tuple[str, str]:
    """A type by its own name: not all clients and prints tell its module or namespace."""
    return _OF_MODULE.sub("", kind), value


def joined(place: str, function: str) -> str:
    """How every language writes a frame: `place:function`, or the one that is known."""
    return f"{place}:{function}" if place and function else place or function

"""Reduces the frames of a stack trace to the names that identify it."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.analysis.event import Frame
from core.analysis.language import Language
from core.analysis.languages import spoken

# A stack this deep, made of this few different frames, is endless recursion cut off anywhere.
_DEEP = 40
_VARIETY = 4
# Guessing which frames are the application's, one name alone would join unlike failures.
_TELLING = 2
# What symbol strippers leave where a name was.
_STRIPPED = frozenset({"stripped_application_code", "<redacted>", "<unknown>", "<stripped>"})


class Stack(NamedTuple):
    """`labels` from the outermost call inwards; `crashed` is the frame to show to people."""

    labels: tuple[str, ...]
    crashed: Frame | None
    own: bool


EMPTY = Stack((), None, own=False)


def reduced(frames: tuple[Frame, ...], platform: str, language: Language | None = None) -> Stack:
    """What identifies a stack trace.

    1. One name per frame, stable across builds and machines; frames that name nothing fall out.
    2. Only frames of the application, where the client marked them or enough are known by name.
    3. Recursion becomes one round.
    """
    if not frames:
        return EMPTY
    language = language or spoken(platform, frames)
    named = [
        (frame, label) for frame in frames if (label := _label(language, frame[:3], frame.package))
    ]
    if not named:
        return Stack((), frames[-1], own=False)
    own = [pair for pair in named if _is_own(language, pair[0])]
    marked = any(frame.in_app for frame, _ in own)
    telling = marked or len({label for _, label in own}) >= _TELLING
    labels = [label for _, label in (own if telling else named)]
    return Stack(_without_recursion(labels), (own or named)[-1][0], own=bool(own))


@lru_cache(maxsize=16_384)
def _label(language: Language, place: tuple[str, str, str], package: str) -> str:
    if place[2] in _STRIPPED and not place[0]:
        return ""
    return language.label(Frame(*place, package=package))


def _is_own(language: Language, frame: Frame) -> bool:
    return language.own(frame) if frame.in_app is None else frame.in_app


def _without_recursion(labels: Sequence[str]) -> tuple[str, ...]:
    if len(labels) >= _DEEP:
        counts = Counter(labels)
        if len(counts) * _VARIETY <= len(labels):
            return tuple(sorted(label for label, count in counts.items() if count >= _VARIETY))
    once = dict.fromkeys(reversed(labels))
    return tuple(reversed(once))

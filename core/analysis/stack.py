"""Reduces the frames of a stack trace to the names that identify it."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from core.analysis.edition import NEWEST, Edition
from core.analysis.event import Frame
from core.analysis.language import Language
from core.analysis.languages import spoken
from core.analysis.telling import Named

# A stack this deep, made of this few different frames, is endless recursion cut off anywhere.
_DEEP = 40
_VARIETY = 2
_ROUNDS = 4
_HARNESS = 3
# Inputs reach one defect on many ways; its neighbourhood tells it.
_FUZZED_DEPTH = 5
# What symbol strippers leave where a name was.
_STRIPPED = frozenset(
    {
        "stripped_application_code", "<stripped application code>", "<redacted>", "<unknown>",
        "<stripped>",
    }
)  # fmt: skip


class Stack(NamedTuple):
    """`labels` from the outermost call inwards; `crashed` is the frame to show to people."""

    labels: tuple[str, ...]
    crashed: Frame | None
    own: bool


EMPTY = Stack((), None, own=False)


def reduced(
    frames: tuple[Frame, ...],
    platform: str,
    *,
    language: Language | None = None,
    edition: Edition = NEWEST,
    endless: bool = False,
) -> Stack:
    """What identifies a stack trace. `endless`: its failure says that it is endless recursion.

    1. One name per frame, stable across builds and machines; frames that name nothing fall out.
    2. The machinery of starting and failing falls out, as far as something else is left.
    3. Only frames of the application, as far as they say enough.
    4. Recursion becomes one round; endless recursion, cut off anywhere, is all that remains.
    5. Only the innermost frames, where the language has it so.
    """
    if not frames:
        return EMPTY
    language = edition.of(language or spoken(platform, frames))
    named = [
        (frame, label)
        for frame in frames
        if (label := _label(language, frame[:3], frame.package))[0]
    ]
    if not named:
        return Stack((), frames[-1], own=False)
    named, fuzzed = _under_harness(named)
    least = min(rank for _, (_, rank) in named)
    named = [pair for pair in named if pair[1][1] == least]
    own = [pair for pair in named if _is_own(language, pair[0])]
    labels = [label for _, (label, _) in edition.telling(own, named, language)]
    deep = _ROUNDS if endless and edition.believing else _DEEP
    once = _without_recursion(_named(labels) if language.engines else labels, deep)
    depth = _FUZZED_DEPTH if fuzzed else language.depth
    return Stack(once[-depth:], (own or named)[-1][0], own=bool(own))


@lru_cache(maxsize=16_384)
def _label(language: Language, place: tuple[str, str, str], package: str) -> tuple[str, int]:
    """The name of a frame, and how much it is mere machinery."""
    if place[2] in _STRIPPED and not place[0]:
        return "", 0
    frame = Frame(*place, package=package)
    return language.label(frame), language.noise(frame)


def _is_own(language: Language, frame: Frame) -> bool:
    if frame.in_app is None or (frame.in_app and (language.engines or language.generous)):
        return language.own(frame)
    return frame.in_app


def _under_harness(named: list[Named]) -> tuple[list[Named], bool]:
    """What a fuzzer's harness or a scheduler called, and whether it was the former."""
    last = max((at for at, (_, (_, rank)) in enumerate(named) if rank >= _HARNESS), default=-1)
    fuzzed = last >= 0 and named[last][1][1] == _HARNESS
    return named[last + 1 :] or named, fuzzed


def _named(labels: Sequence[str]) -> Sequence[str]:
    """Without the nameless frames of files that named ones stand for."""
    files = {file for file, mark, _ in (label.rpartition(":") for label in labels) if mark}
    return [label for label in labels if label not in files]


def _without_recursion(labels: Sequence[str], deep: int) -> tuple[str, ...]:
    if len(labels) >= deep:
        counts = Counter(labels)
        loop = sorted(label for label, count in counts.items() if count >= _ROUNDS)
        if loop and len(counts) * _VARIETY <= len(labels):
            return tuple(loop)
    once = dict.fromkeys(reversed(labels))
    return tuple(reversed(once))

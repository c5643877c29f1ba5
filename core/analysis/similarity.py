"""How alike two issues are, and in what: their calls laid beside each other, type and message.

1. Each call weighs the more the closer it is to the failure and the rarer it is in its project.
2. The calls of both are aligned as a whole, with gaps; a call of the same file or the same name
   fits by half. What does not fit costs its weight (as TraceSim and FaST do it).
3. Type and message raise or lower the result; without calls they decide alone.

The measures were found with `tests/benchmarks/similarity.py` on real events and variants of them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.analysis.shape import Shape

# How fast calls lose weight with their distance from the failure.
DECAY = 0.7
FOREIGN = 0.5
HALF = 0.5
OTHER_TYPE = 0.7
MESSAGE_SHARE = 0.2
FEWEST_WORDS = 3
# From here on a merge is suggested.
SUGGEST = 0.65

Rarity = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1. `stack` and `message` are none where one side has nothing to compare."""

    score: float
    stack: float | None
    message: float | None
    same_type: bool
    shared: int
    reasons: tuple[str, ...]


def rarity(shapes_with: int, shapes: int) -> float:
    """The weight of a call that stands in so many shapes of so many: its inverse frequency."""
    return 1.0 + math.log((shapes + 1) / (min(shapes_with, shapes) + 1))


def likeness(one: Shape, other: Shape, rarity_of: Rarity = lambda _frame: 1.0) -> Likeness:
    stack = alignment(one, other, rarity_of) if one.frames and other.frames else None
    message = _words_alike(one.words, other.words) if one.words and other.words else None
    same_type = _plain(one.type) == _plain(other.type)
    score = _score(one, other, stack, message, same_type=same_type)
    shared = len(set(one.frames) & set(other.frames))
    found = Likeness(round(score, 4), stack, message, same_type, shared, ())
    return _explained(found, one, other)


def alignment(one: Shape, other: Shape, rarity_of: Rarity) -> float:
    """1 less the cost of the cheapest alignment, as a share of what aligning nothing costs."""
    left, right = _weights(one, rarity_of), _weights(other, rarity_of)
    total = sum(left) + sum(right)
    if not total:
        return 0.0
    row = [0.0]
    for weight in right:
        row.append(row[-1] + weight)
    others = list(zip(other.frames, right, strict=True))
    for frame, weight in zip(one.frames, left, strict=True):
        row = _next_row(row, frame, weight, others)
    return 1 - row[-1] / total


def _next_row(
    above: list[float], frame: str, weight: float, others: list[tuple[str, float]]
) -> list[float]:
    row = [above[0] + weight]
    for (diagonal, up), (other, gap) in zip(pairwise(above), others, strict=True):
        fitted = diagonal + (weight + gap) * (1 - _fit(frame, other))
        row.append(min(fitted, up + weight, row[-1] + gap))
    return row


def _weights(shape: Shape, rarity_of: Rarity) -> list[float]:
    """Calls of libraries weigh less; their place counts all the same."""
    return [
        rarity_of(frame) * (place + 1) ** -DECAY * (1 if own else FOREIGN)
        for place, (frame, own) in enumerate(zip(shape.frames, shape.own, strict=True))
    ]


def _fit(frame: str, other: str) -> float:
    """Half for a call of the same place, or of the same name at another one."""
    if frame == other:
        return 1.0
    place, _, name = frame.rpartition(":")
    other_place, _, other_name = other.rpartition(":")
    return HALF if (place and place == other_place) or (place and name == other_name) else 0.0


def _words_alike(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of words in common, in their order."""
    row = [0] * (len(other) + 1)
    for word in one:
        last = row
        row = [0]
        for place, another in enumerate(other):
            row.append(last[place] + 1 if word == another else max(last[place + 1], row[place]))
    return 2 * row[-1] / (len(one) + len(other))


def _score(
    one: Shape, other: Shape, stack: float | None, message: float | None, *, same_type: bool
) -> float:
    said = message if message is not None else float(one.template == other.template)
    if stack is not None:
        score = stack * (1 - MESSAGE_SHARE + MESSAGE_SHARE * said)
        return score if same_type else score * OTHER_TYPE
    if bool(one.frames) != bool(other.frames):
        # One came with a trace, the other without: only the very same words tell.
        return 0.75 if same_type and said == 1 and len(one.words) >= FEWEST_WORDS else 0.0
    if not same_type or min(len(one.words), len(other.words)) < FEWEST_WORDS:
        return 0.0
    return said


def _plain(kind: str) -> str:
    """Whether a client writes the module before a type makes no other type."""
    return kind.replace("::", ".").replace("\\", ".").rpartition(".")[2]


def _explained(found: Likeness, one: Shape, other: Shape) -> Likeness:
    reasons = []
    if found.stack is not None:
        calls = f"{found.shared} of {len(one.frames)} and {len(other.frames)} calls"
        reasons.append(f"The stack traces are {found.stack:.0%} alike; they share {calls}.")
        if one.frames[0] == other.frames[0]:
            reasons.append(f"Both failed in {one.frames[0]}.")
    if found.same_type and one.type:
        reasons.append(f"Both are of type {one.type}.")
    elif not found.same_type:
        reasons.append(f"The types differ: {one.type or 'none'} and {other.type or 'none'}.")
    if found.message is not None:
        reasons.append(f"The messages are {found.message:.0%} alike.")
    return Likeness(
        found.score, found.stack, found.message, found.same_type, found.shared, tuple(reasons)
    )

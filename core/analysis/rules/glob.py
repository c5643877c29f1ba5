"""Patterns as people write them: `*` is any text, `?` any one character, capitals do not count.

The values of a field are asked all at once: they stand in one text, each between two marks, where
most patterns are a piece to be looked for. What that cannot say goes value by value.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

MARK: Final = "\x00"
Test = Callable[[str], bool]


def joined(values: Iterable[str]) -> str:
    """Values in small letters; empty where there are none."""
    text = MARK.join([each.lower().replace(MARK, " ") for each in values if each])
    return f"{MARK}{text}{MARK}" if text else ""


class Globs(NamedTuple):
    """Several patterns, of which any one may fit."""

    pieces: tuple[str, ...]
    tests: tuple[Test, ...]

    def fit(self, values: str) -> bool:
        """Whether one of these `joined` values fits."""
        for piece in self.pieces:
            if piece in values:
                return True
        if not self.tests or not values:
            return False
        return any(test(value) for value in values[1:-1].split(MARK) for test in self.tests)


def globs(patterns: Iterable[str]) -> Globs:
    pieces: list[str] = []
    tests: list[Test] = []
    for pattern in patterns:
        piece = _piece(pattern.lower())
        if piece is None:
            tests.append(test_for(pattern))
        else:
            pieces.append(piece)
    return Globs(tuple(pieces), tuple(tests))


def _piece(pattern: str) -> str | None:
    """`x`, `x*`, `*x` and `*x*` are one piece, at a mark or not."""
    begins, ends = pattern.startswith("*"), pattern.endswith("*")
    inner = pattern.strip("*")
    if "*" in inner or "?" in inner or MARK in inner:
        return None
    return ("" if begins else MARK) + inner + ("" if ends else MARK) or MARK


def test_for(pattern: str) -> Test:
    """Whether a whole text in small letters fits; in time that grows with its length alone."""
    parts = pattern.lower().split("*")
    if "?" in pattern:
        return _by_expression(parts)
    if len(parts) == 1:
        return parts[0].__eq__
    first, *middle, last = parts
    shortest = len(first) + len(last)

    def fits(value: str) -> bool:
        if len(value) < shortest or not value.startswith(first) or not value.endswith(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return fits


def _by_expression(parts: list[str]) -> Test:
    """What stands between two `*` is found at its first place, and never looked for again."""
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in parts)
    if not rest:
        return _matching(first)
    *middle, last = rest
    return _matching(first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}")


def _matching(expression: str) -> Test:
    found = re.compile(expression, re.DOTALL)
    return lambda value: found.fullmatch(value) is not None

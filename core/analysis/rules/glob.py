"""Patterns as people write them: `*` is any text, `?` any one character, capitals do not count."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

Test = Callable[[str], bool]
KEPT: Final = 4_096


@lru_cache(maxsize=KEPT)
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

"""Reads a line into its form: the words that stay and a placeholder for each value."""

import re
from typing import Final, NamedTuple

from core.analysis.patterns.shapes import SCAN, SPELL

VALUE: Final = "<*>"
LONGEST: Final = 4_096
MOST_WORDS: Final = 256

Form = tuple[str, ...]


class Line(NamedTuple):
    """`parameters`: the values in the order of their placeholders in `form`."""

    form: Form
    parameters: tuple[str, ...]


def read(text: str) -> Line:
    text = text[:LONGEST]
    line, has_word = _read(text, SCAN)
    return line if has_word or not line.form else _read(text, SPELL)[0]


def gaps(text: str) -> str:
    """For each word of the form whether a space stands in front of it: `" "` or `"."`."""
    text = text[:LONGEST]
    expression = SCAN if _read(text, SCAN)[1] else SPELL
    found: list[str] = []
    was_value = False
    for match in expression.finditer(text):
        if len(found) == MOST_WORDS:
            break
        is_value = match.lastgroup == "v"
        if not (is_value and was_value):
            start = match.start()
            found.append(" " if start and text[start - 1].isspace() else ".")
        was_value = is_value
    return "".join(found)


def is_word(token: str) -> bool:
    return token != VALUE and token[0] not in "=:,;()[]{}<>\"'|."


def _read(text: str, expression: re.Pattern[str]) -> tuple[Line, bool]:
    form: list[str] = []
    parameters: list[str] = []
    has_word = False
    for match in expression.finditer(text):
        kind = match.lastgroup
        if kind == "v":
            if form and form[-1] == VALUE:
                parameters[-1] += f" {match[0]}"
                continue
            form.append(VALUE)
            parameters.append(match[0])
        else:
            form.append(match[0])
            has_word = has_word or kind == "w"
        if len(form) == MOST_WORDS:
            break
    return Line(tuple(form), tuple(parameters)), has_word

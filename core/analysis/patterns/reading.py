"""Reads a line into its form: the words that stay and a placeholder for each value."""

import re
from typing import Final, NamedTuple

from core.analysis.patterns.shapes import RECORD, SCAN, SPELL

VALUE: Final = "<*>"
LONGEST: Final = 4_096
MOST_WORDS: Final = 256

_REQUEST: Final = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) ")
_LONGEST_UNIT: Final = 8

Form = tuple[str, ...]


class Line(NamedTuple):
    """`parameters`: the values in the order of their placeholders in `form`."""

    form: Form
    parameters: tuple[str, ...]


class _Reading:
    """The tokens of a line with where each starts; a row of values is one value."""

    def __init__(self, text: str, expression: re.Pattern[str]) -> None:
        self.form: list[str] = []
        self.starts: list[int] = []
        self.parameters: list[str] = []
        self.has_word = False
        for match in expression.finditer(text):
            if len(self.form) >= MOST_WORDS:
                break
            kind, token = match.lastgroup, match[0]
            if kind == "f":
                self._framed(token, match.start())
            elif kind == "v":
                self._value(token, match.start())
            else:
                self._put(token, match.start())
                self.has_word = self.has_word or kind == "w"

    def _put(self, token: str, start: int) -> None:
        self.form.append(token)
        self.starts.append(start)

    def _value(self, token: str, start: int) -> None:
        if self.form and self.form[-1] == VALUE:
            self.parameters[-1] += f" {token}"
            return
        self._put(VALUE, start)
        self.parameters.append(token)
        self._once()

    def _framed(self, token: str, start: int) -> None:
        """The marks stay, so that the template reads well; so does what a request asked for."""
        size = 1 + (token[0] == "\\")
        opening, content, closing = token[:size], token[size:-size], token[-size:]
        if self._goes_on([opening, VALUE, closing]):
            self.parameters[-1] += f" {content}"
            return
        self._put(opening, start)
        asked = _REQUEST.match(content)
        if asked:
            self._put(asked[1], start + size)
            content = content[asked.end() :]
        self._put(VALUE, start + size)
        self.parameters.append(content)
        self._put(closing, start + len(token) - size)
        self._once()

    def _goes_on(self, framed: list[str]) -> bool:
        """Whether a row of such values ends the line so far; without its comma, then."""
        if self.form[-4:] == [*framed, ","]:
            del self.form[-1], self.starts[-1]
        return self.form[-3:] == framed

    def _once(self) -> None:
        """What was just said a second time, as in `:level=<*>:level=<*>`, is said once."""
        form = self.form
        for size in range(2, min(_LONGEST_UNIT, len(form) // 2) + 1):
            unit = form[-size:]
            if unit == form[-2 * size : -size] and VALUE in unit:
                count = unit.count(VALUE)
                merged = zip(
                    self.parameters[-2 * count : -count], self.parameters[-count:], strict=True
                )
                self.parameters[-2 * count :] = [f"{one} {other}" for one, other in merged]
                del form[-size:], self.starts[-size:]
                return


def read(text: str) -> Line:
    found = _reading(text)
    return Line(tuple(found.form), tuple(found.parameters))


def gaps(text: str) -> str:
    """For each word of the form whether a space stands in front of it: `" "` or `"."`."""
    text = text[:LONGEST]
    starts = _reading(text).starts
    return "".join(" " if at and text[at - 1].isspace() else "." for at in starts)


def is_word(token: str) -> bool:
    return token != VALUE and token[0] not in "=:,;()[]{}<>\"'|.\\"


def _reading(text: str) -> _Reading:
    text = text[:LONGEST]
    found = _Reading(text, RECORD if text.startswith("{") else SCAN)
    return found if found.has_word or not found.form else _Reading(text, SPELL)

"""Expressions of matchers: those of RE2, as Alertmanager's, whose time goes by the text's length.

Python's own try one way after another and hold the interpreter meanwhile: `(a+)+$` takes a second
for 24 letters, and twice as long for each one more. What only they have, references to groups and
looks around, is left to the files of whoever runs the platform.
"""

import re
from functools import lru_cache
from typing import Any, Final, Protocol

import re2

from core.errors import UnprocessableError


class Expression(Protocol):
    def fullmatch(self, text: str) -> Any:
        """None where the whole of the text does not fit."""


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    try:
        return bounded(text)
    except UnprocessableError:
        return _of_python(text)


def bounded(text: str) -> Expression:
    """One that takes no longer than the text is long; others are refused."""
    try:
        found: Expression = re2.compile(text, _OPTIONS)
    except re2.error as error:
        said = error.args[0].decode(errors="replace")
        raise UnprocessableError(f"{text!r} is no regular expression of RE2: {said}.") from error
    return found


def _of_python(text: str) -> Expression:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnprocessableError(f"{text!r} is no regular expression: {error}.") from error


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False  # they are told to who wrote the expression
    return options


_OPTIONS: Final = _options()

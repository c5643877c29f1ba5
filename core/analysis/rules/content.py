"""The tables of a file that people write, or the one mistake that keeps it from being read."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final

from core.analysis.rules.problem import Problem

LONGEST_FILE: Final = 256 * 1024
THE_FILE: Final = "the file"
MOST_LEVELS: Final = 32

_WHERE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")
# The parser takes time by the square of a key's parts. No text of a rule is as long as this.
_DEEP_KEY: Final = re.compile(
    r"(?<![\w-])(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){256}"
)
# As it is written where a text holds it: PostgreSQL keeps no such text.
_NUL: Final = re.compile(r"\\u0000|\\U0{8}")
_LONG: Final = re.compile(r"0x[0-9A-Fa-f_]{16,}|0[ob][0-7_]{22,}|[0-9_]{19,}")
_WHOLE_BITS: Final = 63


def content(text: str, *, shorter: str, levels: str) -> Mapping[str, Any] | Problem:
    """`shorter` and `levels` are what to do about a file that is too long or nested too deeply."""
    if len(text) > LONGEST_FILE:
        what = f"It has {len(text):,} characters; {LONGEST_FILE:,} are allowed."
        return Problem(1, THE_FILE, what, shorter)
    deep = _DEEP_KEY.search(text)
    if deep:
        return Problem(_line(text, deep), THE_FILE, "It is nested too deeply.", levels)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _WHERE.search(str(error))
        what = f"This is not TOML: {_WHERE.sub('', str(error))}."
        line = int(place[1]) if place else text.count("\n") + 1
        return Problem(line, THE_FILE, what, "Mend this place; texts stand in quotes.")
    except RecursionError:
        return Problem(1, THE_FILE, "It is nested too deeply.", levels)
    except ValueError:
        return _too_long(text)
    return _unfit(text, found, levels) or found


def _unfit(text: str, found: Mapping[str, Any], levels: str) -> Problem | None:
    """Values that TOML allows and that no later stage can hold; level by level, at any depth."""
    level: list[Any] = [found]
    for _ in range(MOST_LEVELS):
        members = [each for holder in level for each in _members(holder)]
        for each in members:
            if isinstance(each, str) and "\x00" in each:
                what = "A text holds the character U+0000."
                return Problem(_line(text, _NUL.search(text)), THE_FILE, what, "Leave it out.")
            if isinstance(each, int) and each.bit_length() > _WHOLE_BITS:
                return _too_long(text)
        level = [each for each in members if isinstance(each, dict | list)]
        if not level:
            return None
    return Problem(1, THE_FILE, "It is nested too deeply.", levels)


def _members(holder: Any) -> Iterable[Any]:
    return chain(holder, holder.values()) if isinstance(holder, dict) else holder


def _too_long(text: str) -> Problem:
    what = "A number is longer than 64 bits."
    return Problem(_line(text, _LONG.search(text)), THE_FILE, what, "Write a smaller one.")


def _line(text: str, found: re.Match[str] | None) -> int:
    return text.count("\n", 0, found.start()) + 1 if found else 1

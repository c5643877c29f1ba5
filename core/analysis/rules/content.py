"""The tables of a file that people write, or the one mistake that keeps it from being read."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from core.analysis.rules.problem import Problem

LONGEST_FILE: Final = 256 * 1024
THE_FILE: Final = "the file"

# The whole numbers that TOML has; what is beyond them no row could hold either.
LARGEST: Final = 2**63 - 1

_WHERE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


def content(text: str, *, shorter: str, levels: str) -> Mapping[str, Any] | Problem:
    """`shorter` and `levels` are what to do about a file that is too long or nested too deeply."""
    if len(text) > LONGEST_FILE:
        what = f"It has {len(text):,} characters; {LONGEST_FILE:,} are allowed."
        return Problem(1, THE_FILE, what, shorter)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _WHERE.search(str(error))
        what = f"This is not TOML: {_WHERE.sub('', str(error))}."
        line = int(where[1]) if where else text.count("\n") + 1
        return Problem(line, THE_FILE, what, "Mend this place; texts stand in quotes.")
    except ValueError:  # so many digits that they are not even read
        return _TOO_LARGE
    except RecursionError:
        return Problem(1, THE_FILE, "It is nested too deeply.", levels)
    return _TOO_LARGE if _has_too_large(found) else found


_TOO_LARGE: Final = Problem(
    1,
    THE_FILE,
    "It has a whole number of more than 64 bits.",
    "Write fewer digits, or a text in quotes.",
)


def _has_too_large(content: Mapping[str, Any]) -> bool:
    left: list[Any] = [content]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, int) and abs(value) > LARGEST:
            return True
    return False

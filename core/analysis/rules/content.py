"""The tables of a file that people write, or the one mistake that keeps it from being read."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from core.analysis.rules.problem import Problem

LONGEST_FILE: Final = 256 * 1024
THE_FILE: Final = "the file"

_WHERE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


def content(text: str, *, shorter: str, levels: str) -> Mapping[str, Any] | Problem:
    """`shorter` and `levels` are what to do about a file that is too long or nested too deeply."""
    if len(text) > LONGEST_FILE:
        what = f"It has {len(text):,} characters; {LONGEST_FILE:,} are allowed."
        return Problem(1, THE_FILE, what, shorter)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.search(str(error))
        what = f"This is not TOML: {_WHERE.sub('', str(error))}."
        line = int(found[1]) if found else text.count("\n") + 1
        return Problem(line, THE_FILE, what, "Mend this place; texts stand in quotes.")
    except RecursionError:
        return Problem(1, THE_FILE, "It is nested too deeply.", levels)

"""Regular expressions that may take forever: those of requests are looked at before they are used.

What repeats a group that repeats itself, or that has alternatives, is tried in more ways than there
are: (a+)+$ takes a second for 24 signs and twice as long for each one more. Nothing stops it then.
"""

import re
from typing import Final

# A token each: an escaped sign, a set of signs, the beginning of a group, the end of one with what
# repeats it, and all that repeats or chooses.
_TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\(\??)|\)(?P<again>[*+]|\{)?|(?P<ways>[*+?{|])",
    re.DOTALL,
)
# Blanks that mean nothing, and comments: what repeats a group need not stand next to it.
_VERBOSE: Final = re.compile(r"\(\?(?:#|[a-zA-Z-]*x)")


def endless(pattern: str) -> bool:
    """Whether it may be; some that are not are taken for it."""
    ways = [False]
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            ways.append(False)
        elif token["ways"]:
            ways[-1] = True
        elif token[0].startswith(")") and len(ways) > 1:
            inner = ways.pop()
            if inner and token["again"]:
                return True
            ways[-1] = ways[-1] or inner or bool(token["again"])
    return _VERBOSE.search(pattern) is not None

"""How many different words at one place it takes until the place counts as a value.

Two words at one place may be two messages (`session opened`, `session closed`) or two values of
one (`for root`, `for admin`). What stands in front of the place, and what the words are made of,
tells how far to trust few of them. The numbers are the same for every source.
"""

import re
from collections.abc import Collection
from typing import Final

from core.analysis.patterns.reading import VALUE, Form, is_word

# A message is told by its beginning: there, words have to be many.
HEAD: Final = 12
WORD: Final = 6
ASSIGNED: Final = 3
AFTER_PREPOSITION: Final = 4
QUOTED: Final = 3
IDENTIFIERS: Final = 3
AFTER_PERSON: Final = 2
# A value has been seen at this very place.
BESIDE_VALUE: Final = 2
# Two statements of a program seldom agree in so many words.
MANY_WORDS: Final = 8
AMONG_MANY: Final = 3
# With so few other words around it there is no telling.
FEWEST_WORDS: Final = 2
NEVER: Final = 2**31

_PERSONS = frozenset({"user", "username", "host", "hostname", "account", "login", "owner"})
_PREPOSITIONS = frozenset({"for", "from", "by", "to", "on", "at", "with", "via", "in", "of", "as"})
_STATE = re.compile(r"[A-Z][A-Z_]{2,}")
_INNER = re.compile(r"[a-z0-9][A-Z]|\w[.@/\\$_-]\w")


def enough(form: Form, place: int, words: Collection[str]) -> int:
    """`form` is the message around; `words` are those seen at the place, values among them."""
    others = sum(is_word(token) for at, token in enumerate(form) if at != place)
    if not others:
        return NEVER
    if place == 0:
        return HEAD
    plain = [word for word in words if word != VALUE]
    if _is_number_of_one_noun(plain, form, place):
        return len(words)
    needed = _by_neighbours(form, place)
    if all(map(is_identifier, plain)):
        needed = min(needed, IDENTIFIERS)
    elif any(map(_STATE.fullmatch, plain)):
        needed = max(needed, WORD)
    if others >= MANY_WORDS:
        needed = min(needed, AMONG_MANY)
    if len(plain) < len(words) and others >= FEWEST_WORDS:
        needed = min(needed, BESIDE_VALUE)
    return needed


def _is_number_of_one_noun(plain: Collection[str], form: Form, place: int) -> bool:
    """`1 connection`, `2 connections`."""
    stems = {word.removesuffix("s") for word in plain}
    return len(plain) > 1 and len(stems) == 1 and VALUE in form[:place]


def is_identifier(word: str) -> bool:
    """Made up of several words, as names of classes, files and hosts are; states are not."""
    return bool(_INNER.search(word)) and not _STATE.fullmatch(word)


def _by_neighbours(form: Form, place: int) -> int:
    before = form[place - 1]
    after = form[place + 1] if place + 1 < len(form) else ""
    nearest = next((each for each in reversed(form[:place]) if each == VALUE or is_word(each)), "")
    word = nearest.lower()
    if word in _PERSONS and before not in ",;":
        return AFTER_PERSON
    if before == "=":
        return ASSIGNED
    if before in "\"'" and before == after:
        return QUOTED
    return AFTER_PREPOSITION if word in _PREPOSITIONS else WORD

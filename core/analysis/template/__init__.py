"""Turns a message into its template: what changes from case to case becomes a placeholder.

Words and codes that carry meaning stay (`HTTP 404`, `ORA-00060`). A template's template is itself.
"""

import itertools
import re
from functools import lru_cache

from core.analysis.template.kinds import PLACEHOLDERS, Placeholder
from core.analysis.template.scanner import read

__all__ = ["MAX_LENGTH", "PLACEHOLDERS", "Placeholder", "headline", "masked", "normalise"]

MAX_LENGTH = 2_048
_CACHED_LENGTH = 512
# What people write needs three readings at most.
_MOST_READINGS = 20
_SHORT = 200

# Colours and titles that a terminal takes out of what it shows.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,400}(?:\x07|\x1b\\)|[@-Z\\-_])?"
)
_ALIKE = "|".join(placeholder.name for placeholder in PLACEHOLDERS)
# Parts of an address that a mask, which sees ASCII letters only, did not take for one.
_ABROAD = re.compile(r"(?<![\w.+-])[\w.+-]*[^\W\x00-\x7f](?=<(?:email|host)>)")
_LIST = re.compile(rf"(<(?:{_ALIKE})>)(?:(?:, ?| ?; ?| ?\| ?|, and | and | or )\1)+")


def normalise(message: str) -> str:
    """The template of a message, on one line."""
    if len(message) <= _CACHED_LENGTH:
        return _remembered(message)
    return _normalised(message)


def masked(line: str) -> str:
    """A line with its values as placeholders, each where it stood: one reading, no limit of length.

    The masks are those of `normalise`, so words and codes that carry meaning stay. Unlike there,
    lists are not folded into one placeholder, so that tokens keep their places, and what stands
    beside a placeholder is not looked at again. White space is one blank. A caller bounds the
    length of what it gives: time is linear in it.
    """
    return read(_one_line(line))


def headline(message: str) -> str:
    """The two lines of a message that say what failed; the rest is detail."""
    lines = [line for line in message[: 2 * MAX_LENGTH].splitlines() if line.strip()]
    return "\n".join(lines[:2])


@lru_cache(maxsize=8_192)
def _remembered(message: str) -> str:
    return _normalised(message)


def _normalised(message: str) -> str:
    found = _one_line(message[: 2 * MAX_LENGTH])[:MAX_LENGTH].rstrip()
    once = _folded(found)
    if once == found:
        return once
    return _settled(once) if len(once) <= _CACHED_LENGTH else _settle(once)


def _settle(template: str) -> str:
    """Reads until nothing changes: what replaces a part can free its neighbour.

    A text made to free one part a reading loses its end, so that the time stays small.
    """
    for count in itertools.count():
        found = _folded(template)
        if found == template:
            break
        template = found if count != _MOST_READINGS else found[:_SHORT].rstrip()
    return template


# Messages differ, their first readings seldom do.
_settled = lru_cache(maxsize=8_192)(_settle)


def _folded(text: str) -> str:
    found = read(text)
    if ">" in found:
        found = _LIST.sub(r"\1", found.replace("[ <n>", "[<n>"))
        if not found.isascii():
            found = _ABROAD.sub("", found)
    return found[:MAX_LENGTH].rstrip()


def _one_line(text: str) -> str:
    while "\x1b" in text:
        text = _ESCAPES.sub(" " if "\x1b\x1b" in text else "", text)
    return " ".join(text.split())

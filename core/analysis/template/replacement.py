"""What stands in the place of a found part, where a plain placeholder does not say enough."""

import re
from collections.abc import Callable

from core.analysis.template import codes, quotes
from core.analysis.template.names import COUNTED

Found = re.Match[str]
Reader = Callable[[str], str]

# Digits behind a word that make a number of it whatever the word.
_COUNTING = 3
# A kept text is read in turn; one with more quotes inside of it is taken for a value.
_MOST_QUOTES = 8
_LEADING = re.compile(r"^[\d.,]+")
_FIELD = re.compile(r"([\"'][\w .$@/-]{1,80}[\"'])( ?: ?| ?=> ?)(.*)", re.DOTALL)


def _part(found: Found) -> str:
    return found.string[found.end(1) : found.end()]


def number(found: Found, _read: Reader) -> str:
    if codes.tells(found.string, found.end(1), found.end()):
        return _part(found)
    return "<n>"


def kept(found: Found, _read: Reader) -> str:
    return _part(found)


def quoted(found: Found, read: Reader) -> str:
    decided = quotes.is_value(found.string, found.end(1), found.end())
    if decided:
        return "<str>"
    part = _part(found)
    asked = quotes.request(part[1:-1])
    if asked and not found[1].rstrip().endswith(":"):
        return part[0] + asked + part[-1]
    shown = _report(part, read)
    if decided is None and (shown != part or not quotes.is_name(part[1:-1])):
        return "<str>"
    return shown


def _report(part: str, read: Reader) -> str:
    """A quoted text that stays, without the values inside of it."""
    content = part[1:-1]
    if content.count(part[0]) > _MOST_QUOTES:
        return "<str>"
    return part[0] + read(content) + part[-1]


def stemmed(found: Found, _read: Reader) -> str:
    """`item123`, `worker7`: a short number counts where there are several of a thing."""
    word = _part(found)
    stem = word.rstrip("0123456789")
    if codes.is_named(found.string, found.end(1), found.end()):
        return word
    if len(word) - len(stem) < _COUNTING and stem.lower() not in COUNTED:
        return word
    return f"{stem}<n>"


def lettered(found: Found, _read: Reader) -> str:
    """`36.6C`."""
    return _LEADING.sub("<n>", _part(found))


def field(found: Found, read: Reader) -> str:
    """`"name": "bob"`: the key stays, and its value when the key says that it tells."""
    parts = _FIELD.fullmatch(_part(found))
    if not parts:
        return _part(found)
    key, link, value = parts.groups()
    shown = key[0] + read(key[1:-1]) + key[0] + link
    if value[0] in "\"'":
        return shown + (_report(value, read) if quotes.is_telling(key) else "<str>")
    if value[0] == "[":
        return f"{shown}[<str>]"
    return f"{shown}<bool>"


def assigned(found: Found, read: Reader) -> str:
    """`user=bob`: an unquoted word behind a key that has values."""
    key, _, value = _part(found).partition("=")
    masked = read(value)
    if masked == value and quotes.is_valued(key):
        return f"{key}=<str>"
    return f"{key}={masked}"


def named(found: Found, _read: Reader) -> str:
    """`<User: bob>`."""
    return _part(found).partition(":")[0] + ": <str>>"


def escape(found: Found, _read: Reader) -> str:
    """A byte or a character by its number."""
    return _part(found)[:2] + "<n>"


HANDLERS: dict[str, Callable[[Found, Reader], str]] = {
    "n": number,
    "keep": kept,
    "quoted": quoted,
    "stemmed": stemmed,
    "lettered": lettered,
    "field": field,
    "assigned": assigned,
    "named": named,
    "escape": escape,
}
# Kinds of parts whose frame stays around the placeholder.
FRAMED = {"query": "?<str>", "list": "(<str>)", "pair": "<n>x<n>", "halves": "<n>/<n>"}

"""Decides whether a quoted text is a value or says what failed.

1. Behind `=` and `:` the key decides: `user='bob'` has a value, `error="no space left"` a report.
2. Marks alone (`unexpected '<'`) stay.
3. The words beside the quotes decide: `user 'bob'` is a value, `column "price"` and
   `'x' is not defined` are names.
4. Statements, a sentence at the end, and a message in quotes as a whole stay.
5. Otherwise a word or two small ones without a value of their own are a name; everything else is
   a value.
"""

import re
from functools import lru_cache

from core.analysis.template import codes
from core.analysis.template.mask import Lead, Mask
from core.analysis.template.words import (
    IDENTIFIERS,
    NAME_FOLLOWS,
    REPORTS,
    TELLING,
    TELLING_ENDS,
    VALUE_FOLLOWS,
    VALUES,
)

_CONTEXT = 40
_PAIRS = ("''", '""', "``", "«»", "»«", "“”", "„“", "„”", "\u2018\u2019", "\u2039\u203a")


def _quoted(pair: str) -> str:
    opening, closing = pair[0], pair[1]
    doubled = r"|''|(?<=\w)'(?=\w)" if opening == "'" else ""
    return rf"{opening}(?:[^{opening}{closing}\\\n]|\\.{doubled}){{0,1000}}+{closing}"


_PREFIX = r"(?:[bBuUrRfL]|[rRfF][bBrR]|[bB][rR])"
MASKS = (
    Mask("quoted", Lead.QUOTE, rf"(?<!\w)(?:{'|'.join(map(_quoted, _PAIRS))})(?!\w)"),
    Mask("str", Lead.LETTER, rf"{_PREFIX}(?:{_quoted(_PAIRS[0])}|{_quoted(_PAIRS[1])})(?!\w)"),
)

_NAME = re.compile(r"[a-z]{1,40} [a-z]{1,40}|[A-Za-z_$@:.\\][A-Za-z0-9_$@.:/<>\[\]()?*\\-]{0,200}")
# Quoted statements and sentences say what failed; values inside of them go.
_STATEMENT = re.compile(
    r"(?i:select|insert into|update|delete from|(?:rollback to |release )?savepoint|create|alter"
    r"|drop|merge|replace into|call|exec) .{3}"
)
_SENTENCE_WORDS = 3
# Marks alone stay (`unexpected '<'`), but not behind these.
_OF_ANY = frozenset(("input", "string", "text", "value"))
_REQUEST = re.compile(r"([A-Z]{3,7}) [^\s\"]{1,2000} (HTTP/\d(?:\.\d)?)")
_MARKS = re.compile(r"[^A-Za-z0-9\s]{1,4}|\\[a-z]")
_LAST_WORD = re.compile(r"(?s)(?:.*[^a-z_])?([a-z_]+)")
# Behind these SQL has a value.
_COMPARED = frozenset(("like", "ilike", "between", "rlike", "regexp", "values"))
_PARSED = re.compile(r"(?:pars(?:e|ing|ed)|convert|decod(?:e|ing)|interpret)(?: [a-z]{1,20}){0,2}$")
_MAILBOX = re.compile(r" <(?:<email>|[^<>\s]{1,64}@)")
_IN_BRACES = re.compile(r"[{,] ?\w{1,40}: ?$")
_DRIVER = re.compile(r"\(\d{3,6}, $")
_ANNOUNCED = re.compile(
    r"(?:base \d{1,2}|<n>|to (?:float|int|integer|number|date|datetime|uuid|boolean|bool|decimal)"
    r"|for (?:type|enum|integer|column type) [\w ]{1,30}|no such file or directory"
    r"|file not found|invalid (?:\w{1,20} )?(?:value|format|date|number))(?:: ?|, | )$"
)


def is_value(text: str, start: int, end: int) -> bool | None:
    """Whether the quoted part at `start:end`, quotes included, varies.

    Nothing when what stands beside it does not say: then it does unless it is a name without a
    value of its own.
    """
    return _by_context(
        text[max(0, start - _CONTEXT) : start],
        text[start + 1 : end - 1],
        text[end : end + _CONTEXT],
    )


def is_name(content: str) -> bool:
    """Whether a program may call something so: one word, or two small ones (`field list`)."""
    return bool(_NAME.fullmatch(content))


def request(content: str) -> str | None:
    """The first line of a request, as logs of servers quote it, without what was asked for."""
    found = _REQUEST.fullmatch(content)
    return f"{found[1]} <path> {found[2]}" if found else None


def is_telling(key: str) -> bool:
    """Whether the value of this key says what happened."""
    word = _last_word(key.lower().rstrip(" \"'"))
    return word in TELLING or word.endswith(TELLING_ENDS)


def is_valued(key: str) -> bool:
    """Whether a key is one whose values are many."""
    word = _last_word(key.lower())
    return word == "name" or word in VALUES or word.rpartition("_")[2] in VALUES


def _last_word(text: str) -> str:
    found = _LAST_WORD.fullmatch(text)
    return found[1] if found else ""


@lru_cache(maxsize=4_096)
def _by_context(before: str, content: str, after: str) -> bool | None:
    """What stands beside the quotes says; nothing when that does not know."""
    if before.endswith("="):
        return not is_telling(before[:-1])
    tight = before.rstrip()
    if tight.endswith(("=", "=>", "<>")):
        return True
    if not (tight or after) or _STATEMENT.match(content) or _is_mark(content, tight):
        return False
    if tight.endswith((",", "{")) and after.lstrip().startswith((":", "=>")):
        return False
    if tight.endswith(":") and not after and _is_sentence(content):
        return False
    return _by_words(tight.lower(), before, after.lower(), spaced=" " in content)


def _is_mark(content: str, tight: str) -> bool:
    return bool(_MARKS.fullmatch(content)) and _last_word(tight.lower()) not in _OF_ANY


def _is_sentence(content: str) -> bool:
    """Not a title: most of its words are written small."""
    words = content.split()
    small = sum(word[0].islower() for word in words)
    return len(words) >= _SENTENCE_WORDS and 2 * small >= len(words)


def _by_words(tight: str, before: str, after: str, *, spaced: bool) -> bool | None:
    if tight.endswith(("(", ",", ":", "<n>")) and before[-1:] in (" ", "("):
        if _ANNOUNCED.search(before.lower()) or _IN_BRACES.search(before):
            return True
        if _DRIVER.search(before):
            return False
    said = tight.rstrip(" :,([")
    word = _announcing(said)
    if codes.is_ordinary(said):
        return True
    if word in VALUES or word in _COMPARED or _has_value_behind(after):
        return True
    if word in IDENTIFIERS or after.startswith(NAME_FOLLOWS) or (spaced and word in REPORTS):
        return False
    return True if _PARSED.search(said) else None


def _has_value_behind(after: str) -> bool:
    return after.startswith(VALUE_FOLLOWS) or bool(_MAILBOX.match(after))


def _announcing(said: str) -> str:
    """The word in front, `host` of a `host name`."""
    word = _last_word(said)
    return _last_word(said[: -len(word)].rstrip()) if word == "name" else word

"""What secrets look like in the text of an event: one entry for each kind.

Every pattern is bounded, so that no input makes a search slow, and begins with fixed characters,
so that a search that finds nothing is quick.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

FILTERED: Final = "[Filtered]"


class Secret(NamedTuple):
    """`hinted` looks at the whole event as JSON, in lower case too; it may be wrong, but it never
    misses what `remove` would take out of one of its strings.
    """

    hinted: Callable[[bytes, bytes], bool]
    remove: Callable[[str], str]


def _pattern(hint: bytes, pattern: str, replacement: str = FILTERED) -> Secret:
    find, replace = re.compile(hint).search, re.compile(pattern, re.ASCII).sub
    return Secret(lambda text, _lower: bool(find(text)), lambda text: replace(replacement, text))


def _word(hint: bytes, pattern: str, replacement: str) -> Secret:
    """Like `_pattern`, whatever the case of its letters."""
    find = re.compile(hint).search
    replace = re.compile(pattern, re.ASCII | re.IGNORECASE).sub
    return Secret(lambda _text, lower: bool(find(lower)), lambda text: replace(replacement, text))


# White space as text has it, and as JSON writes that of a string.
_SPACE: Final = r"(?:\s|\\[fnrt]|\\u000b)"


def _assignment(name: str) -> Secret:
    """`name = value` as in a command line, a query or a connection string."""
    hint = (
        rf"{name}(?:\\?[\"'])?{_SPACE}{{0,4}}[=:]{_SPACE}{{0,4}}"
        rf"(?:\\?[\"'])?[^\s&\"',;(){{}}\[\]]{{3}}"
    )
    pattern = rf"({name}[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?)[^\s&\"',;(){{}}\[\]]{{3,512}}"
    return _word(hint.encode(), pattern, rf"\g<1>{FILTERED}")


_CARD_SIGNS: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])", re.ASCII)
# In JSON the letter of an escape, as in \\n, may stand right before the number.
_CARD_BYTES: Final = re.compile(rb"(?:(?<![\w.-])|(?<=\\[bfnrt]))\d(?:[ -]?\d){12,18}(?![\w-])")
_ISSUERS: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|35\d{14}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
)
_DIGITS: Final = bytes(48 if 48 <= code <= 57 else 120 for code in range(256))  # noqa: PLR2004 - "0" to "9"
_CARD_RUN: Final = b"0" * 13


def is_card(digits: str) -> bool:
    """A number of one of the issuers with a right check digit (Luhn)."""
    if not _ISSUERS.fullmatch(digits):
        return False
    numbers = [int(digit) for digit in digits]
    doubled = [sum(divmod(2 * number, 10)) for number in numbers[-2::-2]]
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def _plain(written: str) -> str:
    return written.replace(" ", "").replace("-", "")


def _cards_hinted(text: bytes, _lower: bytes) -> bool:
    if _CARD_RUN not in text.translate(_DIGITS, b" -"):
        return False
    return any(is_card(_plain(found.decode())) for found in _CARD_BYTES.findall(text))


def _card_or_not(match: re.Match[str]) -> str:
    return FILTERED if is_card(_plain(match.group())) else match.group()


_PEM: Final = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,16384}(?:-----END [A-Z ]{0,40}-----)?"

SECRETS: Final = (
    _word(
        rf"bearer(?:{_SPACE}|%20)+[a-z0-9._~+/=-]{{16}}".encode(),
        r"\b(bearer)(?:\s{1,4}|%20)[A-Z0-9._~+/=-]{16,4096}",
        rf"\1 {FILTERED}",
    ),
    _word(
        rf"basic(?:{_SPACE}|%20)+[a-z0-9+/=]{{16}}".encode(),
        r"\b(basic)(?:\s{1,4}|%20)[A-Z0-9+/=]{16,4096}",
        rf"\1 {FILTERED}",
    ),
    _pattern(rb"eyJ[\w-]{8,64}", r"eyJ[\w-]{8,4096}\.eyJ[\w-]{4,8192}\.[\w-]{8,4096}"),
    _pattern(
        rb"A(?:KIA|SIA|GPA|IDA|ROA)[0-9A-Z]{16}",
        r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{16}(?![0-9A-Z])",
    ),
    _pattern(rb"PRIVATE KEY-----", _PEM),
    _pattern(
        rb"://[^\s/:@\"']{0,1024}:[^\s/@\"']{1,1024}@",
        r"://[^\s/:@\"']{0,256}:[^\s/@\"']{1,256}@",
        f"://{FILTERED}@",
    ),
    _assignment("password"),
    _assignment("passwd"),
    _assignment("pwd"),
    _assignment("secret"),
    _assignment("token"),
    _assignment("api[_-]?key"),
    _assignment("access[_-]?key"),
    Secret(_cards_hinted, lambda text: _CARD_SIGNS.sub(_card_or_not, text)),
)

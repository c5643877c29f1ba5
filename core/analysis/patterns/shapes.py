"""What a value looks like by itself: the first half of telling words from values.

The shapes know no source. A word with a digit in it is a value, and so is whatever spans several
words and is one thing: a date, an address, an amount with its unit, a printed object. Neighbours
that are values are one value, so lists of any length look alike. All quantifiers are possessive or
bounded: one pass is linear in the length of the line.
"""

import re
from typing import Final

# A line is cut into words here; dots that lead the eye (`enable......0`) cut as well.
_CUT = r"\s=:,;()\[\]{}<>\"'|"
_CHAR = rf"(?:(?!\.\.)[^{_CUT}])"
_PLAIN_CHAR = rf"(?:(?!\.\.)[^\d{_CUT}])"
_NUMBERED = rf"{_PLAIN_CHAR}*+\d{_CHAR}*+"
_UNIT = (
    r"(?:[KMGTP]?i?B|[KMGT]bytes|[kK]bytes?|[bB]ytes?|[KMGT]?b(?:ps|/s)|[KMGT]?B/s|[kMG]?Hz"
    r"|ns|us|µs|μs|ms|(?:milli|micro|nano)?seconds?|[mun]?secs?|minutes?|mins?|hours?|hrs?|days?)"
    r"(?!\w)"
)
_NUMBER = r"\d[\d.,]{0,40}+"
_AMOUNT = rf"[<>~]?=?{_NUMBER}\s?{_UNIT}"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}+"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}+"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?"
_YEAR = r"(?:19|20)\d\d\b"
_DATE = (
    rf"(?:{_DAY},?\s)?{_MONTH}\s{{1,2}}\d{{1,2}}(?:,?\s{_YEAR})?"
    rf"(?:,?\s{_CLOCK}(?:\s[A-Z]{{3,4}})?)?(?:\s{_YEAR})?"
)
_TOP = r"(?:com|org|net|io|dev|edu|gov|mil|info|biz|cloud|arpa|local|internal|lan|localdomain)"
_LABELS = r"(?>(?:[a-z0-9_-]++\.){1,8}+)"
_HEX = "[0-9A-Fa-f]"
_BRACED = r"(?>\{(?>[^{}]|\{(?>[^{}]|\{[^{}]{0,300}+\}){0,300}+\}){0,400}+\})"

_VALUES: Final = (
    # A placeholder that stands in the text already, as a masked message has it.
    r"<(?:\*|url|email|uuid|hex|token|path|host|version|ip|trace|date|duration|size|n|str|bool)>",
    r"[A-Za-z][A-Za-z0-9+.-]{1,20}+://[^\s<>\"'`|\\^{}\])]++",
    rf"{_DATE}(?!\w)",
    rf"(?:{_HEX}{{2}}[:-]){{5,15}}+{_HEX}{{2}}(?!\w)",
    rf"(?={_HEX}{{0,4}}+:{_HEX}{{0,4}}+:)(?=[A-Fa-f:]{{0,39}}+\d)[0-9A-Fa-f:]{{4,39}}+(?:%\w++)?(?![\w:])",
    rf"{_AMOUNT}(?:\s\({_AMOUNT}\))?",
    r"[A-Za-z]:\\[^\s:*?\"'<>|,;]++",
    rf"(?:~|\.{{1,2}})?/(?=[\w.*]){_CHAR}*+(?::\d++)?",
    rf"{_LABELS}(?<=\.){_TOP}(?::\d++)?(?![\w.-])",
    rf"{_LABELS}(?<=\.)(?<=com\.|\.co\.|\.ac\.|edu\.|org\.|net\.|gov\.)[a-z]{{2}}(?::\d++)?(?![\w.-])",
    r"[\w.+-]{1,64}+@(?:[\w-]{1,63}+\.){1,8}+[\w-]++",
    r"(?>(?:[A-Za-z][\w-]*+\.){1,8}+)[A-Za-z]++:\d++(?!\w)",
    r"(?:[0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{32,})(?!\w)",
    rf"[A-Z][A-Za-z]{{0,60}}+(?=\{{[^{{}}]{{0,80}}[\d\s./]){_BRACED}",
    r"(?<==)\[[^\[\]]{0,1000}+\]",
    r"(?<==)<[^<>\s]{0,300}+>",
    r"(?<==)(?![A-Z_]++(?![\w.:/@$-]))[A-Za-z]++[.:/@$-][^\s,;()\[\]{}<>\"']++",
    r"\[::[0-9a-f:]{0,40}+\](?::\d++)?",
    r"(?<=\d\d:\d\d\s)(?:UTC|GMT|[AECMPH]K?[SD]T|[CEW]ES?T|BST|[IJKM]ST|SGT)(?!\w)",
    # The host between a time and `program[17]:`, as syslog has it.
    r"(?<=\d\d:\d\d:\d\d\s)[\w.-]{1,255}+(?=\s[\w./-]{1,100}+\[\d{1,10}\]:)",
    # The level between a time and the message, where a header was left on the line.
    rf"(?<=[\dZ]\s)(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)(?!{_CHAR})(?=\s)",
    rf"{_NUMBERED}(?:\|[^{_CUT}]++){{0,8}}\|{_NUMBERED}",
    _NUMBERED,
)
_VALUE = f"(?:{'|'.join(_VALUES)})"
# A colon with a space behind it says that what follows is something else.
_JOINT = r"\s?(?:[,/#|~@;+-]|->|:(?!\s)){0,2}\s?"

# What programs put in a frame varies, unless the line begins with it: quotes, a list of words, a
# record of names and values.
_FRAMED = (
    r"(?<=[^\w\"'\\])\"(?>[^\"\\]|\\.){0,2000}+\"(?!\w)"
    r"|(?<=[\s(\[{,:=])'[^']{0,1000}+'(?!\w)"
    r"|\\\"[^\"\\]{0,1000}+\\\""
    r"|(?<=.)\[[\w.$@/:-]{1,200}+(?:,\s?[\w.$@/:-]{1,200}+){1,200}+\]|(?<=\s)\[\]"
    rf"|(?<=[\s(\[,:=])(?=\{{[^{{}}]{{0,200}}[:=]){_BRACED}"
)

_REST = (
    rf"(?P<v>{_VALUE}(?:{_JOINT}{_VALUE})*+)"
    rf"|(?P<c>\.{{2,}}+|[=:,;()\[\]{{}}<>\"'|])|(?P<w>{_CHAR}++)"
)
# Groups: `f` a framed value, `v` a value, `c` a cut, `w` a word.
SCAN: Final = re.compile(rf"(?P<f>{_FRAMED})|{_REST}")
# For a line that is a record as a whole: in its quotes is what it says.
RECORD: Final = re.compile(_REST)
# For a line that would have no word left: the letters around its numbers stay.
SPELL: Final = re.compile(
    r"(?P<v>(?<![^\W_])\d[\w.,:-]*+|\d[\d.,:_-]*+)|(?P<w>[^\W\d_]++)|(?P<c>[^\w\s]|_)"
)

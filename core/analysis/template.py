"""Turns a message into its template: what changes from case to case becomes a placeholder.

Words and codes that carry meaning stay (`HTTP 404`, `ORA-00060`). A template's template is itself.
"""

import re
from functools import lru_cache

MAX_LENGTH = 2_048
_CACHED_LENGTH = 256

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? "
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm]\b)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|CES?T|[EPCM][SD]T)\b| ?[+-]\d{2}:?\d{2}\b)?"
_TIMES = (
    r"(?:milliseconds?|microseconds?|nanoseconds?|seconds?|minutes?|hours?|days?|weeks?"
    r"|msecs?|secs?|mins?|hrs?|ns|us|µs|μs|ms|s|h)"
)
_SIZES = r"(?:[KMGTPEk]?i?B|[Bb]ytes?|[KMGkmg]i?[Bb]ytes?|(?:kilo|mega|giga)bytes|bits?)"
_TOP = r"(?:com|org|net|io|local|internal|lan|localdomain|cloud|edu|gov|arpa)"
_ROOT = (
    r"(?:home|tmp|var|usr|opt|etc|mnt|root|srv|data|private|Users|Applications|proc|run|dev|media"
    r"|build|workspace|nix|Library|System|Volumes|storage|sys|lib|lib64|app)"
)
_FILE = (
    r"(?:csv|tsv|txt|json|jsonl|ya?ml|xml|html?|pdf|png|jpe?g|gif|svg|log|conf|cfg|ini|toml|sql|db"
    r"|sqlite3?|parquet|xlsx?|docx?|zip|gz|tar|tgz|bak|tmp|lock|pem|key|crt|env|mp[34]|wav)"
)
# Type names whose digits are part of the name.
_TYPED = r"(?!(?:u?int|float|complex|utf-?|latin-?|sha-?|md|base|cp|iso-?|ipv)\d)"
# Words in front of a number that says what kind of failure it is.
_CODED = re.compile(
    r"(?<![A-Za-z])(?:HTTP(?:/\d(?:\.\d)?)?(?:[ _-]?(?:status|error|response))?(?:[ _-]?code)?"
    r"|status(?:[ _-]?code)?|(?:error|exit|return|response|result)[ _-]?code|errno|code"
    r"|exit(?:ed)?(?: with)?(?: status)?|signal|sqlstate|winerror|osstatus|hresult|msg|rc"
    r"|(?:os|system|server|got|mysql|server) error|response|returned|responded with|failed with"
    r"|ORA|TNS|PLS|DPI|DPY|RMAN|CVE-\d{4})(?: was| is| of)?[ :=#\[(\"'-]{1,3}$",
    re.IGNORECASE,
)
_LETTERED = re.compile(
    r"(?<![A-Za-z])(?:E|W|F|C|TS|CS|HTTP|ORA|SQL|AADSTS|KB|ERR|NG|PGRST|MSB|NETSDK|CA|IDE|BC|HHH|LNK)$"
)
_ERROR = re.compile(r"(?<![A-Za-z])(?:error #?)$", re.IGNORECASE)
_OPENED = re.compile(r"(?<![\w.])\($")
_QUOTED = re.compile(r", [\"']")
_GOT = re.compile(r"(?<![A-Za-z])(?:got|received|an?) (?:HTTP )?$", re.IGNORECASE)
_AND = re.compile(r"[.,;:)\]]|$| (?:from|for|on|when|while|response|error|status|code)\b")
_REASON = re.compile(r":? [A-Z][a-z]| page not found")
_CODE_LENGTH = 5
_SHORTEST_CODE = 3
_HEX = "[0-9A-Fa-f]"

# Parts that start with a letter, a digit or a mark. In each the order of trial matters.
_WORDS = {
    "url": (
        r"[A-Za-z][A-Za-z0-9+.-]{1,20}://"
        r"[^\s<>\"'`|\\^{}]{0,1999}[^\s<>\"'`|\\^{}.,;:!?)\]]"
    ),
    "email": r"(?<![.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}",
    "uuid": rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(?!\w)",
    "hex": (
        r"(?<=-)(?=[a-f]{0,10}\d)[0-9a-f]{7,10}-[a-z0-9]{5}(?!\w)"
        r"|(?=\d{0,64}[a-f])(?=[a-f]{0,64}\d)[0-9a-f]{7,128}(?![0-9A-Za-z])"
        r"|(?=\d{0,64}[A-F])(?=[A-F]{0,64}\d)[0-9A-F]{7,128}(?![0-9A-Za-z])"
    ),
    "token": (
        r"(?<![.-])eyJ[\w-]{8,2000}(?:\.[\w-]{1,2000}){0,4}"
        r"|arn:[\w-]{1,20}:[^\s'\",;)]{1,500}"
        r"|(?!\d{8}T\d{6})(?=(?:[A-Za-z]{0,30}\d){3})(?=\d{0,30}[A-Za-z])[0-9A-Za-z]{16,128}={0,2}(?!\w)"
        r"|[a-z]{2,10}_(?=[A-Za-z]{0,30}\d[A-Za-z]{0,30}\d)[A-Za-z0-9]{12,64}(?!\w)"
        r"|(?<=Bearer )[\w.~+/-]{8,2000}={0,2}"
        r"|(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA|ASIA)[_-]?(?=[A-Za-z_-]{0,40}\d)[\w-]{12,200}"
        r"|(?<![+/])(?=[A-Za-z+/]{0,40}\d)(?=[^A-Z\s]{0,40}[A-Z])(?=[^a-z\s]{0,40}[a-z])"
        r"[A-Za-z0-9+/]{20,2000}={0,2}(?![\w+/])"
    ),
    "path": (
        r"(?<![./<>:-])(?:[\w.@+-]{1,100}/){1,40}[\w@+-]{1,100}(?:\.[\w-]{1,20}){1,4}(?![\w/])"
        r"|[A-Za-z]:[\\/](?:[^\s\\/:*?\"'<>|]{1,200}"
        r"(?: [^\s\\/:*?\"'<>|]{1,60}(?=\\))?[\\/]?){1,60}"
        rf"|(?<=['\"`])[\w.@+-]{{1,100}}\.{_FILE}(?=['\"`])"
    ),
    "host": (
        rf"(?<![.@-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,8}}{_TOP}"
        r"(?::\d{1,5})?(?![\w(-]|\.\w)"
    ),
    "version": r"v\d+\.\d+(?:\.\d+)?(?:[.+-][0-9A-Za-z]{1,40}){0,8}(?![\w.]\d|\w)",
    "ip": (
        rf"(?<![:.])(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}(?![\w:])"
        rf"|(?<![:.])(?={_HEX}{{1,4}}:{_HEX}{{0,4}}:)(?=[A-Fa-f:]{{0,35}}\d)"
        rf"{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}}::(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?"
        r"(?:%\w{1,20})?(?:/\d{1,3})?(?![\w:])"
        rf"|(?<![:-]){_HEX}{{2}}(?:[:-]{_HEX}{{2}}){{5}}(?![\w:-])"
    ),
}
_DIGITS = {
    "trace": r"(?<!-)00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-9a-f](?![\w-])",
    "date": (
        rf"(?<![.-])\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}(?:[T _]{_CLOCK}{_ZONE})?(?![\d-])"
        r"|\d{8}T\d{6}(?:\.\d{1,9})?Z?(?!\w)"
        rf"|\d{{1,2}}[ -/]{_MONTH}[ -/,]{{1,2}}\d{{2,4}}(?:[ :T]{_CLOCK}{_ZONE})?(?!\d)"
        r"|(?<![./-])(?:\d{1,2}(?P<_sep>[/-])\d{1,2}(?P=_sep)(?:19|20)?\d{2}|\d{1,2}\.\d{1,2}\.(?:19|20)\d{2})"
        rf"(?:,? {_CLOCK}{_ZONE})?(?![\w./-]?\d)"
        rf"|(?<![:.])\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d{{1,9}})?{_ZONE}| ?[AaPp][Mm]\b)(?![\w:])"
    ),
    "ip": r"(?<!\.)(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2}\b|:\d{1,5}\b)?(?!\w|\.\d)",
    "version": r"(?<!\.)\d+\.\d+\.\d+(?:[.+-][0-9A-Za-z]{1,40}){0,8}(?![\w.]\d|\w)",
    "hex": r"0[xX][0-9A-Fa-f]{1,64}(?![0-9A-Za-z])",
    "duration": (
        r"(?<!\.)(?:\d{1,20}(?:[.,]\d{1,20})?(?:ns|us|µs|μs|ms|[smhd]))+(?!\w)"
        rf"|(?<!\.)\d+(?:[.,]\d+)?[ -]{_TIMES}(?!\w)"
    ),
    "size": rf"(?<!\.)\d{{1,40}}(?:[.,]\d{{1,40}}){{0,8}}[ -]?{_SIZES}(?![\w/])",
    "n": (
        r"(?<!\.)\d{1,40}(?:[.,]\d{1,40}){0,8}(?:[eE][+-]?\d+)?%?(?:st|nd|rd|th)?(?![A-Za-z0-9])"
        r"|(?<!\.)\d{2,}(?=[A-Za-z_])"
    ),
}
_MARKS = {
    "keep": r"<[a-z]{1,8}>",
    "path": (
        rf"(?<![\w.<>/])(?:/{_ROOT}(?=/)|~(?=/))(?:/[\w.@%+~:,=#$-]{{0,200}}){{1,60}}"
        r"|(?<![\w./<>:-])\.{0,2}/(?:[\w.@+-]{1,100}/){0,40}[\w@+-]{1,100}(?:\.[\w-]{1,20}){1,4}"
        r"(?![\w/])"
        r"|(?<![\w\\])\\\\[\w.$-]{1,100}(?:\\[^\s\\/:*?\"'<>|]{1,200}){1,60}"
    ),
    "ip": (
        rf"(?<![\w:.])::{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}}"
        r"(?:%\w{1,20})?(?:/\d{1,3})?(?![\w:])"
    ),
    "n": r"(?<![^\s=:(\[,])[+-]\d{1,40}(?:[.,]\d{1,40}){0,8}(?:[eE][+-]?\d+)?%?(?![A-Za-z0-9.])",
    "str": (
        r"(?<==)(?:'[^'\n]{0,500}'|\"[^\"\n]{0,500}\")"
        r"|(?<=\)=)\([^()\n]{0,500}\)"
        rf"|(?<!\w)(?:'(?=[^'\n]{{0,200}}\d){_TYPED}[^'\s<>]{{1,200}}'"
        rf"|\"(?=[^\"\n]{{0,200}}\d){_TYPED}[^\"\s<>]{{1,200}}\""
        rf"|`(?=[^`\n]{{0,200}}\d){_TYPED}[^`\s<>]{{1,200}}`)"
    ),
}
_DATES = (
    rf"(?:{_DAY})?\d{{1,2}}[ -/]{_MONTH}[ -/,]{{1,2}}\d{{2,4}}(?:[ :T]{_CLOCK}{_ZONE})?(?!\d)"
    rf"|(?:{_DAY})?{_MONTH} {{1,2}}\d{{1,2}}(?:,? \d{{4}}(?!:))?"
    rf"(?:,? (?:at )?{_CLOCK}{_ZONE})?(?:,? \d{{4}}\b)?(?![\w-])"
)


def _either(parts: dict[str, str], prefix: str) -> str:
    return "|".join(f"(?P<{prefix}{name}>{part})" for name, part in parts.items())


# Plain words are passed over by the look-ahead; positions inside of a word by the look-behind.
_VARIABLE = re.compile(
    rf"(?<!\w)(?:(?=[A-Za-z_-]*[\d@/\\:.])(?:{_either(_WORDS, 'w_')})"
    rf"|(?=\d)(?:{_either(_DIGITS, 'd_')})"
    rf"|(?=[MTWFSJADNO][a-z]{{2,8}},? {{1,2}}[\dADFJMNOS])(?P<w_date>{_DATES}))"
    rf"|(?=[<\"'`(/~\\.:+-])(?:{_either(_MARKS, 'm_')})"
    r"|(?<==)(?P<w_bool>(?i:true|false))\b"
    r"|(?<=[A-Za-z])(?P<i_n>\d{3,})(?![A-Za-z0-9])|(?<=_)(?P<u_n>\d+)(?![A-Za-z0-9])"
)
_PLAIN = re.compile(r"(?:[^\d@/\\=.]|\.(?=\s|$))*")


def normalise(message: str) -> str:
    """The template of a message, on one line."""
    if len(message) <= _CACHED_LENGTH:
        return _remembered(message)
    return _normalised(message)


def headline(message: str) -> str:
    """The two lines of a message that say what failed; the rest is detail."""
    lines = [line for line in message[: 2 * MAX_LENGTH].splitlines() if line.strip()]
    return "\n".join(lines[:2])


@lru_cache(maxsize=8_192)
def _remembered(message: str) -> str:
    return _normalised(message)


def _normalised(message: str) -> str:
    """Replaces until nothing changes: what replaces a part can free its neighbour."""
    found = " ".join(message[: 2 * MAX_LENGTH].split())[:MAX_LENGTH].rstrip()
    if _PLAIN.fullmatch(found):
        return found
    while True:
        replaced = _VARIABLE.sub(_placeholder, found)[:MAX_LENGTH].rstrip()
        if replaced == found:
            return found
        found = replaced


def _placeholder(match: re.Match[str]) -> str:
    kind = (match.lastgroup or "m_keep")[2:]
    if kind == "keep" or (kind == "n" and _telling(match)):
        return match[0]
    return f"<{kind}>"


def _telling(match: re.Match[str]) -> bool:
    """A number that says what failed: behind a word like `status`, or in front of its reason."""
    number = match[0].lstrip("+-")
    if len(number) > _CODE_LENGTH or not number.isdecimal():
        return False
    whole, start, end = match.string, match.start(), match.end()
    before = whole[max(0, start - 40) : start]
    if match.lastgroup == "i_n":
        return bool(_LETTERED.search(before))
    if _CODED.search(before):
        return True
    return len(number) >= _SHORTEST_CODE and _is_error_number(number, before, whole[end : end + 40])


def _is_error_number(number: str, before: str, after: str) -> bool:
    """`404 Not Found`, `got 404`, `error 1045`, and the numbers that MySQL puts in front."""
    is_status = len(number) == _SHORTEST_CODE and number[0] in "45"
    if is_status and (_REASON.match(after) or (_GOT.search(before) and _AND.match(after))):
        return True
    if _OPENED.search(before):
        return bool(_QUOTED.match(after))
    return bool(_ERROR.search(before)) and not after.startswith(" ")

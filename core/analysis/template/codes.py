"""Tells a number that says what failed (`HTTP 404`, `exit code 137`) from one that varies."""

import re

from core.analysis.template.words import words

_LONGEST = 6
_CONTEXT = 40
_HTTP_DIGITS = 3
_LAST_WORD = re.compile(r"(?s)(?:.*[^a-z])?([a-z]+)(?:/[\d.]{1,3})?")
# Right behind these a number is a code.
_STRONG = words(
    """
    closecode errcode errno errorcode errornum errornumber exitcode exitstatus faultcode hresult
    httpcode httpstatus msg nativeerror ntstatus oserror osstatus rc responsecode resultcode
    retcode returncode signal signo sqlcode sqlstate status statuscode subcode vendorcode
    winerror
    """
)
# The last word in front of a number; any other leaves it a number.
_ERRORS = frozenset(("error", "err"))
# They answer with three digits.
_PROTOCOLS = frozenset(("http", "https", "smtp", "lmtp", "ftp", "sip", "rtsp"))
_COPULAS = frozenset(("is", "was", "of"))
_LINKS = frozenset(("with", "by"))
_ANSWERS = frozenset(
    (
        "got",
        "received",
        "returned",
        "returns",
        "response",
        "responded",
        "responds",
        "replied",
        "replies",
        "reply",
        "answered",
        "answers",
        "answer",
        "said",
        "says",
        "gave",
        "a",
        "an",
    )
)
_LEADS = (
    _PROTOCOLS
    | _STRONG
    | _ERRORS
    | _COPULAS
    | _LINKS
    | _ANSWERS
    | {"closed", "code", "exit", "exited", "failed", "alert", "num", "nr", "no", "number"}
)
# RFC 6455, section 7.4.2: the codes that a web socket is closed with.
_CLOSED = re.compile(r"(?:web ?socket|\bws)(?: connection)?(?: was| is)? closed$")
_CLOSE_CODE = re.compile(r"[1-4]\d{3}")
_ORDINARY_CODE = re.compile(
    r"(?:zip|postal|country|area|verification|promo|discount|coupon|product|item|bar|qr|sms|otp|pin|access"
    r"|colou?r|currency|invite|security|voucher|dial|city|bank|sort|char|key|confirmation|referral|byte"
    r"|activation|tracking|source|post|backup|line|lines of)[ _-]?code$"
)
_ENDED = re.compile(
    r"(?:exit|exited|terminated|finished|crashed|died|ended|completed|quit|stopped)"
    r" (?:\w+ )?(?:with|by)$"
)
_REPLIED = re.compile(
    r"(?:failed|responded|replied|answered|returned|response|rejected|ended|errored) with$"
)
_COUNTED = re.compile(r"/\d| (?![245]\.\d{1,3}\.)(?:of |out of )?(?:\d|[a-z]{1,20}(?<![sui])s\b)")
_STATUS = re.compile(r"[1-5]\d\d")
_REASON = re.compile(
    r":? (?:Bad|Unauthori[sz]ed|Payment|Forbidden|Not|Method|Proxy|Request|Conflict|Gone|Length"
    r"|Precondition|Payload|URI|Unsupported|Range|Expectation|Misdirected|Unprocessable|Locked"
    r"|Too|Upgrade|Internal|Service|Gateway|HTTP|Insufficient|Loop|Network|Client|Server"
    r"|NOT FOUND|page not found)\b"
)
_AND = re.compile(
    r"[.,;:)\]\"']|$| [-(]"
    r"| (?:from|for|on|when|while|response|error|status|code|at|after|during|in|by|and|to|with"
    r"|but)\b"
)
_SYSTEM = re.compile(r"0[xX](?:8[0-9A-Fa-f]{7}|[cC]0[0-9A-Fa-f]{6})")
_CODE = re.compile(r"0[xX][0-9A-Fa-f]{2,8}")
_CODE_WORD = re.compile(
    r"(?:(?:error|stop|exit|status|result|return|exception) ?code|hresult|ntstatus|errno"
    r"|bug ?check)\b[^a-z]{0,4}(?:was |is |of )?[(\[]?$"
)
_SYSTEM_WORD = re.compile(
    r"(?:failed with|returned|hresult|error|code|status|exception|result|hr)\b[^a-z]{0,4}"
    r"(?:was |is |of )?[(\[]?$"
)
_LIKE_A_CODE = re.compile(r"[A-Z]{1,6}\d{2,6}")
_NAMED_BY = re.compile(
    r"(?:[Ee]rror|ERROR|[Ee]xception|[Ee]rrno|[a-z]Code|[Cc]ode)(?:[ =:#]|: |\[| \()$"
)
# The last word alone may stand in front of any number; these do not.
_STRONG_WORDS = re.compile(
    r"(?:(?:tls|ssl|handshake|fatal)(?: \w{1,20})? alert(?: number)?"
    r"|error[ :.-]{1,2}(?:num|nr|no|number))$"
)
_OPENED = re.compile(r"(?:^|[:)] ?)\($")
_PROGRAM = re.compile(r"[a-z]{2,16}: \(")
_DRIVER = re.compile(r", (?:[\"']|<str>)")


def tells(text: str, start: int, end: int) -> bool:
    """Whether the number at `start:end` says what failed."""
    number = text[start:end]
    if not number.isdecimal():
        number = number.lstrip("+-")
    if len(number) > _LONGEST or not number.isdecimal():
        return _is_system_code(text, number, start)
    before = text[max(0, start - _CONTEXT) : start].lower()
    tight = before.rstrip(" :=#[(\"'-<")
    found = _LAST_WORD.fullmatch(tight)
    word = found[1] if found else ""
    if word not in _LEADS:
        return _stands_alone(number, text, start, end)
    after = text[end : end + _CONTEXT]
    gap = before[len(tight) :]
    return _is_code(number, word, tight, gap=gap, after=after)


def is_named(text: str, start: int, end: int) -> bool:
    """Whether letters and digits at `start:end` are a code by the word in front of them:
    `ClientError P2002`, `error[E0308]`, `code AX12`; not so `ERROR worker7`.
    """
    if not _LIKE_A_CODE.fullmatch(text, start, end):
        return False
    return bool(_NAMED_BY.search(text[max(0, start - _CONTEXT) : start]))


def is_ordinary(said: str) -> bool:
    """Whether that ends in what is called a code and says nothing of a failure: `promo code`."""
    return bool(_ORDINARY_CODE.search(said))


def _is_code(number: str, word: str, tight: str, *, gap: str, after: str) -> bool:
    if word == "code" or word in _STRONG or _STRONG_WORDS.search(tight):
        return not is_ordinary(tight)
    if word in _COPULAS:
        return _is_of_code(tight[: -len(word)].rstrip())
    is_status = bool(_STATUS.fullmatch(number))
    if _is_end(number, word, tight, gap=gap):
        # Behind a request its size may follow.
        return bool(tight[-1].isdigit() or not _COUNTED.match(after))
    if gap in (" ", ": ") and _is_answer(word, tight):
        return is_status and bool(_AND.match(after) or _REASON.match(after))
    if word == "failed" and gap == " (":
        return after.startswith(")") and bool(_AND.match(after[1:]))
    return _is_status(number, after)


def _is_end(number: str, word: str, tight: str, *, gap: str) -> bool:
    """`error 5`, `HTTP/1.1" 404`, `exited with 2`, `web socket closed: 1006`."""
    is_status = bool(_STATUS.fullmatch(number))
    if word in _ERRORS:
        return ":" not in gap or is_status
    if word == "closed":
        return bool(_CLOSED.search(tight) and _CLOSE_CODE.fullmatch(number))
    return (word in _PROTOCOLS and is_status) or _ends(word, tight)


def _ends(word: str, tight: str) -> bool:
    """`exit 2`, `terminated with 2`."""
    return word in ("exit", "exited") or (word in _LINKS and bool(_ENDED.search(tight)))


def _is_of_code(tight: str) -> bool:
    """`status was 3`, `the exit code is 5`."""
    found = _LAST_WORD.fullmatch(tight)
    if not found or is_ordinary(tight):
        return False
    return found[1] in _STRONG or found[1] == "code"


def _is_answer(word: str, tight: str) -> bool:
    return word in _ANSWERS or (word == "with" and bool(_REPLIED.search(tight)))


def _is_status(number: str, after: str) -> bool:
    """`404 Not Found`."""
    return len(number) == _HTTP_DIGITS and number[0] in "45" and bool(_REASON.match(after))


def _stands_alone(number: str, text: str, start: int, end: int) -> bool:
    after = text[end : end + _CONTEXT]
    if _is_status(number, after):
        return True
    # What drivers put in front of their message: `(1062, "Duplicate entry")`.
    before = text[max(0, start - _CONTEXT) : start]
    if len(number) >= _HTTP_DIGITS and _OPENED.search(before):
        return bool(_DRIVER.match(after))
    # What programs put in front of theirs: `curl: (28) …`.
    return bool(_PROGRAM.fullmatch(text[:start])) and after.startswith(")")


def _is_system_code(text: str, number: str, start: int) -> bool:
    """`HRESULT: 0x80070005` and `status 0xC0000005` say what failed; other addresses vary."""
    if not _CODE.fullmatch(number):
        return False
    before = text[max(0, start - _CONTEXT) : start].lower()
    if _CODE_WORD.search(before):
        return True
    return bool(_SYSTEM.fullmatch(number) and _SYSTEM_WORD.search(before))

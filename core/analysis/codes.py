"""Finds the codes in what a message says: SQLSTATE, HTTP status, gRPC, errno, vendors' numbers."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

MAX_LENGTH = 1_000
_MAX_FOUND = 4
_WORD = re.compile(r"[A-Za-z_]{3,60}")
_GRPC = (
    "CANCELLED|UNKNOWN|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS"
    "|PERMISSION_DENIED|RESOURCE_EXHAUSTED|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED"
    "|INTERNAL|UNAVAILABLE|DATA_LOSS|UNAUTHENTICATED"
)
_REDIS = (
    "LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MOVED|ASK|OOM|NOSCRIPT|WRONGTYPE|NOAUTH"
    "|WRONGPASS|NOPERM|CROSSSLOT|EXECABORT|MISCONF|NOREPLICAS"
)
_REASONS = (
    "bad request|unauthorized|forbidden|not found|method not allowed|request timeout|conflict|gone"
    "|too many requests|internal server error|bad gateway|service (?:temporarily )?unavailable"
    "|gateway time-?out|unprocessable|payment required|not implemented|page not found"
)


class Finder(NamedTuple):
    """Where one kind of code stands in a text; tried where one of `marks` is in it, in lower case.

    Every finder with groups gives the first that took part.
    """

    system: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]


_FINDERS = (
    Finder("oracle", ("ora-", "dpi-", "dpy-"), re.compile(r"\b(ORA-\d{5}|DP[IY]-\d{4})\b")),
    Finder(
        "mysql",
        ("(",),
        re.compile(
            r"^\((?:[\w.]{1,60}\) \()?(\d{4})(?:, |\))|\berror (\d{4}) \([0-9A-Z]{5}\)"
            r"|^(\d{4}) \([0-9A-Z]{5}\)",
            re.IGNORECASE,
        ),
    ),
    Finder(
        "sqlstate",
        ("sqlstate",),
        re.compile(r"sqlstate[\[ :=(]{1,3}([0-9a-z]{5})\b", re.IGNORECASE),
    ),
    Finder(
        "errno",
        ("errno", "winerror", "os error"),
        re.compile(r"(?:errno|winerror|os error) ?:? ?(-?\d{1,5})\b", re.IGNORECASE),
    ),
    Finder(
        "http",
        (
            "http",
            "status",
            "code",
            "response",
            "returned",
            "responded",
            "got ",
            "received ",
            "error",
        ),
        re.compile(
            r"(?:\bhttp(?:/\d(?:\.\d)?)?(?:[ _-]?(?:status|error|response))?(?:[ _-]?code)?"
            r"|\bstatus(?:[ _-]?code)?|\berror code|\bresponse(?: code)?|\breturned"
            r"|\bresponded with|\bgot|\breceived)(?: is| was| of)?[ :=(\['\"]{1,3}([1-5]\d\d)\b"
            r"(?! ?(?:ms|s|bytes|items|rows|messages|records)\b)"
            r"|\b([45]\d\d) (?:client|server) error",
            re.IGNORECASE,
        ),
    ),
    Finder(
        "http",
        tuple(re.findall(r"[a-z][a-z ]+", _REASONS)),
        re.compile(rf"\b([45]\d\d):? (?:{_REASONS})", re.IGNORECASE),
    ),
    # What stands between the parentheses of `ApiError(503, 'master_not_discovered_exception')`.
    Finder("http", (", '", ', "'), re.compile(r"^([1-5]\d\d), ['\"]")),
    Finder("mongodb", ("code",), re.compile(r"['\"]code['\"]: (\d{1,5})\b")),
    Finder(
        "sqlserver",
        ("msg ", "message ", "error number", "error 10"),
        re.compile(r"\b(?:msg|message|error|error number:?) (-?\d{1,5})\b", re.IGNORECASE),
    ),
    Finder(
        "grpc",
        tuple(_GRPC.lower().split("|")),
        re.compile(rf"(?:StatusCode\.|code ?= ?|status ?= ?|^|: )({_GRPC})\b"),
    ),
    Finder(
        "grpc",
        ("statuscode=", "status: "),
        re.compile(r"(?:\bStatusCode=\"|\bstatus: \"?)([A-Z][A-Za-z]{3,20})\b"),
    ),
    Finder("grpc", ("rpc error",), re.compile(r"rpc error: code = (\w{2,30}) desc")),
    Finder("service", tuple(_REDIS.lower().split("|")), re.compile(rf"^-?({_REDIS})\b")),
    Finder(
        "service",
        ("error occurred", "code", "type", "reason"),
        re.compile(
            r"an error occurred \((\w{2,80})\)"
            r"|\"?\b(?:code|type|reason)\"?'?: ?[\"'](\w{2,60})[\"']"
            r"|\bcode ?[=:] ?([A-Za-z]\w{2,60})\b",
            re.IGNORECASE,
        ),
    ),
    Finder(
        "errno",
        (),
        re.compile(r"\b(E[A-Z]{3,15}|EAI_[A-Z]{4,7}|UND_ERR_[A-Z_]{4,20}|ERR_[A-Z_]{4,30})\b"),
    ),
)


def said_codes(message: str) -> Iterator[tuple[str, str]]:
    """`(system, code)` for each code in a message; whether a system knows it is not asked here."""
    message = message[:MAX_LENGTH]
    if _WORD.fullmatch(message):
        yield "service", message
        yield "errno", message
        return
    low = message.lower()
    for system, marks, pattern in _FINDERS:
        if not marks or any(mark in low for mark in marks):
            for match in islice(pattern.finditer(message), _MAX_FOUND):
                yield system, next(filter(None, match.groups()))

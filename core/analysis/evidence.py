"""Finds the codes in what an event says: SQLSTATE, HTTP status, gRPC, errno, vendors' numbers."""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.analysis.knowledge import Knowledge, Verdict

_SQLSTATE = re.compile(r"[0-9A-Z]{5}")
_SQLSTATE_SAID = re.compile(
    r"sqlstate[\[ :=(]{1,3}([0-9a-z]{5})\b|\(([0-9A-Z]{5})\)[ :]", re.IGNORECASE
)
_HTTP_SAID = re.compile(
    r"(?:\bhttp(?:/\d(?:\.\d)?)?(?:[ _-]?(?:status|error|response))?(?:[ _-]?code)?"
    r"|\bstatus(?:[ _-]?code)?|statuscode"
    r"|\berror code|\bresponse(?: code)?|\breturned|\bresponded with|\bgot|\breceived)"
    r"(?: is| was| of)?[ :=(\['\"]{1,3}([1-5]\d\d)\b(?! ?(?:ms|s|bytes|items|rows)\b)"
    r"|\b([45]\d\d)(?= (?:client|server) error|:? (?:bad request|unauthorized"
    r"|forbidden|not found|method not allowed"
    r"|request timeout|conflict|gone|too many requests|internal server error"
    r"|bad gateway|service (?:temporarily )?unavailable"
    r"|gateway time-?out|unprocessable|payment required|not implemented|page not found))",
    re.IGNORECASE,
)
_GRPC_SAID = re.compile(
    r"(?:StatusCode\.|code ?= ?|status ?= ?|StatusCode=\"?|^|: )"
    r"(CANCELLED|UNKNOWN|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS"
    r"|PERMISSION_DENIED|RESOURCE_EXHAUSTED"
    r"|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|INTERNAL|UNAVAILABLE"
    r"|DATA_LOSS|UNAUTHENTICATED)\b"
)
_GRPC_GO = re.compile(r"rpc error: code = (\w{2,30}) desc")
_ERRNO_SAID = re.compile(r"\[?(?:errno|winerror|os error) ?:? ?(-?\d{1,5})", re.IGNORECASE)
_ERRNO_NAME = re.compile(r"\b(E[A-Z]{3,15}|EAI_[A-Z]{4,7}|UND_ERR_[A-Z_]{4,20}|ERR_[A-Z_]{4,30})\b")
_ORACLE = re.compile(r"\b(?:ORA-\d{5}|DP[IY]-\d{4})\b")
_MYSQL = re.compile(
    r"^\((?:[\w.]{1,60}\) \()?(\d{4}), |\berror (\d{4}) \([0-9A-Z]{5}\)|^(\d{4}) \([0-9A-Z]{5}\)",
    re.IGNORECASE,
)
_SQLSERVER = re.compile(
    r"\b(?:msg|message|error|error number:?) (-?\d{1,5})\b(?:,? level)?", re.IGNORECASE
)
_SERVICE = re.compile(
    r"an error occurred \((\w{2,80})\)|\"?(?:code|type"
    r"|reason)\"?'?: ?[\"'](\w{2,60})[\"']|\bcode ?[=:] ?(\w{3,60})\b",
    re.IGNORECASE,
)
_REDIS = re.compile(
    r"^(?:-?)(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|MOVED|ASK|OOM"
    r"|NOSCRIPT|WRONGTYPE|NOAUTH|WRONGPASS|NOPERM|CROSSSLOT|EXECABORT|MISCONF)\b"
)
_MONGO = re.compile(r"['\"]code['\"]: (\d{1,5})\b")
_WORD = re.compile(r"[A-Za-z_]{3,60}")
_EXTRA = re.compile(r"\b(?:code|reason|errno|status)[ =:]{1,2}([\w-]{1,60})")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SAID_LENGTH = 1_000
_STATED, _SAID = 1.0, 0.92


def code_verdicts(knowledge: Knowledge, code: str, library: str) -> Iterator[Verdict]:
    """What a code that stands in a field of its own can mean, the likeliest system first."""
    code = code.strip()
    if not code:
        return
    for system in _systems(code, library):
        found = (
            _sqlstate(knowledge, code)
            if system == "sqlstate"
            else knowledge.code(system, _spelled(code, system))
        )
        if found:
            yield _weighed(found, f"{system}:{code}", _STATED)
            return


def _systems(code: str, library: str) -> tuple[str, ...]:
    if code.lstrip("-").isdecimal():
        if "grpc" in library:
            return ("grpc",)
        own = _NUMBERED.get(library.partition(".")[0])
        if own:
            return (own,)
        return ("http", "errno", "sqlstate") if len(code) <= 3 else ("errno", "sqlstate", "mysql")  # noqa: PLR2004
    return ("grpc", "errno", "oracle", "service", "sqlstate")


_NUMBERED = {
    "pymysql": "mysql", "MySQLdb": "mysql", "mysql": "mysql", "mariadb": "mysql",
    "aiomysql": "mysql", "asyncmy": "mysql", "pymongo": "mongodb", "motor": "mongodb",
    "pymssql": "sqlserver",
    "psycopg": "sqlstate", "psycopg2": "sqlstate", "asyncpg": "sqlstate", "Npgsql": "sqlstate",
}  # fmt: skip


def _spelled(code: str, system: str) -> str:
    if system == "grpc":
        code = code.rpartition(".")[2]
        return (
            code.upper()
            if code.islower() or "_" in code or code.isupper()
            else _CAMEL.sub("_", code).upper()
        )
    return code


def _sqlstate(knowledge: Knowledge, code: str) -> Verdict | None:
    if not _SQLSTATE.fullmatch(code):
        return None
    for length in (5, 4, 2):
        if found := knowledge.code("sqlstate", code[:length]):
            return found
    return None


def _errno(knowledge: Knowledge, code: str) -> Verdict | None:
    return knowledge.code("errno", knowledge.errno_names.get(code, code))


def said_verdicts(knowledge: Knowledge, message: str, library: str) -> Iterator[Verdict]:
    """What the codes inside of a message mean. Each search is skipped where its marks are
    absent.
    """
    message = message[:_SAID_LENGTH]
    for system, code in _codes(message, library):
        if system == "sqlstate":
            found = _sqlstate(knowledge, code.upper())
        elif system == "errno":
            found = _errno(knowledge, code)
        else:
            found = knowledge.code(system, _spelled(code, system))
        if found:
            yield _weighed(found, f"{system}:{code}", _SAID)


def _codes(message: str, library: str) -> Iterator[tuple[str, str]]:
    if _WORD.fullmatch(message):
        yield "service", message
        yield "errno", message
        return
    yield from _numbered(message, library)
    if (
        "StatusCode" in message
        or "_" in message
        or "UNAVAILABLE" in message
        or "INTERNAL" in message
    ):
        yield from (("grpc", match[1]) for match in _GRPC_SAID.finditer(message))
    if "rpc error" in message:
        yield from (("grpc", match[1]) for match in _GRPC_GO.finditer(message))
    if match := _REDIS.match(message):
        yield "service", match[1]
    if (
        ("(" in message and "error occurred" in message)
        or "'" in message
        or '"' in message
        or "code" in message
    ):
        for match in _SERVICE.finditer(message):
            yield "service", match[1] or match[2] or match[3]
    yield from (("errno", match[1]) for match in _ERRNO_NAME.finditer(message))


def _numbered(message: str, library: str) -> Iterator[tuple[str, str]]:
    if not any(map(str.isdecimal, message)):
        return
    low = message.lower()
    if "ORA-" in message or "DPI-" in message or "DPY-" in message:
        yield from (("oracle", match[0]) for match in _ORACLE.finditer(message))
    if match := _MYSQL.search(message):
        yield "mysql", match[1] or match[2] or match[3]
    if "sqlstate" in low:
        yield from (
            ("sqlstate", match[1] or match[2]) for match in _SQLSTATE_SAID.finditer(message)
        )
    if "errno" in low or "winerror" in low or "os error" in low:
        yield from (("errno", match[1]) for match in _ERRNO_SAID.finditer(message))
    if match := _HTTP_SAID.search(message):
        yield "http", match[1] or match[2]
    if "code" in low and (match := _MONGO.search(message)):
        yield "mongodb", match[1]
    if "msg " in low or "message " in low or "sql" in library.lower() or "error number" in low:
        yield from (("sqlserver", match[1]) for match in _SQLSERVER.finditer(message))


def _weighed(verdict: Verdict, rule: str, weight: float) -> Verdict:
    return Verdict(verdict.category, verdict.transient, verdict.confidence * weight, rule)


@lru_cache(maxsize=4_096)
def named(kind: str, module: str) -> tuple[str, str, str]:
    """A type as `(name, module, code)`: qualified names taken apart, what clients append read."""
    code = ""
    if " " in kind:
        if extra := _EXTRA.search(kind):
            code = extra[1]
        kind = kind.partition(" ")[0] or kind
    name = kind.strip().lstrip("*&")
    for mark in ("\\", "::", "."):
        left, found, right = name.rpartition(mark)
        if found and right and left:
            return right, (module or left).replace("\\", ".").replace("::", "."), code
    return name, module, code

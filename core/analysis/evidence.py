"""What codes mean, by the tables: codes in fields of their own, and those inside of messages."""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.analysis.codes import said_codes
from core.analysis.knowledge import Knowledge, Verdict

_SQLSTATE = re.compile(r"[0-9A-Z]{5}")
_EXTRA = re.compile(r"\b(?:code|reason|errno|status)[ =:]{1,2}([\w-]{1,60})")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STATED, _SAID = 1.0, 0.92
# Whose numbers a bare number is, by the library that reported it.
_NUMBERED = {
    "pymysql": "mysql", "MySQLdb": "mysql", "mysql": "mysql", "mariadb": "mysql",
    "aiomysql": "mysql", "asyncmy": "mysql", "pymongo": "mongodb", "motor": "mongodb",
    "pymssql": "sqlserver", "psycopg": "sqlstate", "psycopg2": "sqlstate", "asyncpg": "sqlstate",
    "Npgsql": "sqlstate", "grpc": "grpc",
}  # fmt: skip
_STATUS_LENGTH = 3


def code_verdicts(knowledge: Knowledge, code: str, library: str) -> Iterator[Verdict]:
    """What a code that stands in a field of its own means, in the likeliest system."""
    code = code.strip()
    for system in _systems(code, library) if code else ():
        if found := _looked_up(knowledge, system, code):
            yield _weighed(found, f"{system}:{code}", _STATED)
            return


def said_verdicts(knowledge: Knowledge, message: str) -> Iterator[Verdict]:
    """What the codes inside of a message mean."""
    for system, code in said_codes(message):
        if found := _looked_up(knowledge, system, code):
            yield _weighed(found, f"{system}:{code}", _SAID)


def _systems(code: str, library: str) -> tuple[str, ...]:
    if not code.lstrip("-").isdecimal():
        return ("grpc", "errno", "oracle", "service", "sqlstate")
    own = _NUMBERED.get(library.partition(".")[0])
    if own:
        return (own,)
    if len(code) == _STATUS_LENGTH:
        return ("http", "errno")
    return ("errno", "sqlstate", "mysql")


def _looked_up(knowledge: Knowledge, system: str, code: str) -> Verdict | None:
    match system:
        case "sqlstate":
            return _sqlstate(knowledge, code.upper())
        case "errno":
            return knowledge.code(system, knowledge.errno_names.get(code, code))
        case "grpc":
            return knowledge.code(system, _grpc_name(code.rpartition(".")[2]))
    return knowledge.code(system, code)


def _sqlstate(knowledge: Knowledge, code: str) -> Verdict | None:
    """The code itself, else the subclass, else the class."""
    if not _SQLSTATE.fullmatch(code):
        return None
    known = (knowledge.code("sqlstate", code[:length]) for length in (5, 4, 2))
    return next(filter(None, known), None)


def _grpc_name(code: str) -> str:
    """`DeadlineExceeded` and `deadline_exceeded` as `DEADLINE_EXCEEDED`."""
    return code.upper() if "_" in code or code.isupper() else _CAMEL.sub("_", code).upper()


def _weighed(verdict: Verdict, rule: str, weight: float) -> Verdict:
    return Verdict(verdict.category, verdict.transient, verdict.confidence * weight, rule)


@lru_cache(maxsize=4_096)
def named(kind: str, module: str) -> tuple[str, str, str]:
    """A type as `(name, module, code)`: qualified names taken apart, what clients append read."""
    extra = _EXTRA.search(kind) if " " in kind else None
    code = extra[1] if extra else ""
    name = (kind.strip().partition(" ")[0]).lstrip("*&")
    for mark in ("\\", "::", "."):
        left, found, right = name.rpartition(mark)
        if found and right and left:
            return right, (module or left).replace("\\", ".").replace("::", "."), code
    return name, module, code

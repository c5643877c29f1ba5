"""What codes mean, by the tables: codes in fields of their own, and those inside of messages."""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.analysis.codes import said_codes
from core.analysis.knowledge import Knowledge, Verdict

_SQLSTATE = re.compile(r"[0-9A-Z]{5}")
_EXTRA = re.compile(r"\b(?:code|reason|errno|status)[ =:]{1,2}([\w-]{1,60})")
# A code that nobody lists, but whose words may tell.
_WORDED = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,60}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STATED, _SAID = 1.0, 0.92
# Whose codes a bare number or name is, by the library that reported it.
_OWN = {
    "pymysql": "mysql", "MySQLdb": "mysql", "mysql": "mysql", "mariadb": "mysql",
    "aiomysql": "mysql", "asyncmy": "mysql", "com.mysql": "mysql", "MySqlConnector": "mysql",
    "pymongo": "mongodb", "motor": "mongodb", "com.mongodb": "mongodb", "MongoDB": "mongodb",
    "pymssql": "sqlserver", "System.Data.SqlClient": "sqlserver",
    "Microsoft.Data.SqlClient": "sqlserver", "com.microsoft.sqlserver": "sqlserver",
    "psycopg": "sqlstate", "psycopg2": "sqlstate", "asyncpg": "sqlstate", "Npgsql": "sqlstate",
    "org.postgresql": "sqlstate", "pgconn": "sqlstate", "pyodbc": "sqlstate",
    "grpc": "grpc", "io.grpc": "grpc", "kafka": "kafka", "aiokafka": "kafka",
    "confluent_kafka": "kafka", "org.apache.kafka": "kafka", "smtplib": "smtp", "ftplib": "ftp",
}  # fmt: skip
_NAMED = ("grpc", "errno", "oracle", "service", "kafka", "sqlstate")
_OWN_DEPTH = 3
_STATUS_LENGTH = 3


def code_verdicts(knowledge: Knowledge, code: str, library: str) -> Iterator[Verdict]:
    """What a code that stands in a field of its own means, in the likeliest system."""
    code = code.strip()
    for system in _systems(code, library) if code else ():
        if found := _looked_up(knowledge, system, code):
            yield found.weighed(_STATED, f"{system}:{code}")
            return
    if _WORDED.fullmatch(code) and (found := knowledge.names.find(code)):
        yield found.weighed(_SAID, f"code {code} {found.rule}")


def said_verdicts(knowledge: Knowledge, message: str) -> Iterator[Verdict]:
    """What the codes inside of a message mean."""
    for system, code in said_codes(message):
        if found := _looked_up(knowledge, system, code):
            yield found.weighed(_SAID, f"{system}:{code}")


def condition(knowledge: Knowledge, name: str, library: str) -> Verdict | None:
    """A type that a driver made from an SQLSTATE: `UniqueViolation` is 23505."""
    if _own(library) != "sqlstate":
        return None
    names = knowledge.aliases.get("conditions", {})
    code = names.get(name) or names.get(name.removesuffix("Error"))
    found = _sqlstate(knowledge, code) if code else None
    return found.weighed(_STATED, f"sqlstate:{code}") if found else None


def _systems(code: str, library: str) -> tuple[str, ...]:
    own = _own(library)
    if not code.lstrip("-").isdecimal():
        return (own, *_NAMED) if own else _NAMED
    if own:
        return (own,)
    if len(code) == _STATUS_LENGTH:
        return ("http", "errno")
    return ("errno", "sqlstate", "mysql")


@lru_cache(maxsize=1_024)
def _own(library: str) -> str:
    """The system that the library itself or what it lies in reports codes of."""
    parts = library.split(".")[:_OWN_DEPTH]
    above = (".".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((_OWN[name] for name in above if name in _OWN), "")


def _looked_up(knowledge: Knowledge, system: str, code: str) -> Verdict | None:
    match system:
        case "sqlstate":
            return _sqlstate(knowledge, code.upper())
        case "grpc":
            return knowledge.code(system, _grpc_name(code.rpartition(".")[2]))
    names = knowledge.aliases.get(system)
    return knowledge.code(system, names.get(code, code) if names else code)


def _sqlstate(knowledge: Knowledge, code: str) -> Verdict | None:
    """The code itself, else the subclass, else the class."""
    if not _SQLSTATE.fullmatch(code):
        return None
    known = (knowledge.code("sqlstate", code[:length]) for length in (5, 4, 2))
    return next(filter(None, known), None)


def _grpc_name(code: str) -> str:
    """`DeadlineExceeded` and `deadline_exceeded` as `DEADLINE_EXCEEDED`."""
    return code.upper() if "_" in code or code.isupper() else _CAMEL.sub("_", code).upper()


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

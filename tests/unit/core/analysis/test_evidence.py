import pytest

from core.analysis.evidence import code_verdicts, condition, named, said_verdicts
from core.errors import Category
from tests.unit.core.analysis.builders import KNOWLEDGE


def stated(code, library=""):
    return [found.category for found in code_verdicts(KNOWLEDGE, code, library)]


def said(message):
    return {found.rule: found.category for found in said_verdicts(KNOWLEDGE, message)}


@pytest.mark.parametrize(
    ("code", "library", "category"),
    [
        ("40P01", "psycopg.errors", Category.CONCURRENCY),
        ("08006", "", Category.CONNECTION),
        ("23505", "psycopg", Category.INTEGRITY),
        ("22XYZ", "psycopg", Category.VALIDATION),
        ("503", "", Category.UNAVAILABLE),
        ("111", "", Category.CONNECTION),
        ("ECONNREFUSED", "", Category.CONNECTION),
        ("UNAVAILABLE", "grpc", Category.UNAVAILABLE),
        ("StatusCode.NOT_FOUND", "grpc", Category.NOT_FOUND),
        ("DeadlineExceeded", "grpc", Category.TIMEOUT),
        ("1213", "pymysql.err", Category.CONCURRENCY),
        ("10107", "pymongo.errors", Category.ROUTING_STALE),
        ("ThrottlingException", "botocore.exceptions", Category.RATE_LIMIT),
        ("ORA-00060", "", Category.CONCURRENCY),
        ("rate_limit_exceeded", "openai", Category.RATE_LIMIT),
    ],
)
def test_a_stated_code_is_understood(code, library, category):
    assert stated(code, library) == [category]


@pytest.mark.parametrize("code", ["", "  ", "NOSUCHCODE", "99999999"])
def test_an_unknown_code_says_nothing(code):
    assert stated(code) == []


@pytest.mark.parametrize(
    ("message", "rule", "category"),
    [
        ("SQLSTATE[23000]: Integrity constraint violation", "sqlstate:23000", Category.INTEGRITY),
        ("(2006, 'MySQL server has gone away')", "mysql:2006", Category.CONNECTION),
        ("ERROR 1045 (28000): Access denied", "mysql:1045", Category.AUTH),
        ("ORA-03113: end-of-file", "oracle:ORA-03113", Category.CONNECTION),
        ("Msg 1205, Level 13", "sqlserver:1205", Category.CONCURRENCY),
        ("[Errno 104] Connection reset by peer", "errno:104", Category.CONNECTION),
        ("[WinError 10061] refused", "errno:10061", Category.CONNECTION),
        ("No such file (os error 2)", "errno:2", Category.NOT_FOUND),
        ("connect ECONNREFUSED 127.0.0.1:5432", "errno:ECONNREFUSED", Category.CONNECTION),
        ("Request failed with status code 502", "http:502", Category.UNAVAILABLE),
        ("503 Server Error: Service Unavailable for url: x", "http:503", Category.UNAVAILABLE),
        ("HTTP Error 401: Unauthorized", "http:401", Category.AUTH),
        ("status = StatusCode.UNAVAILABLE", "grpc:UNAVAILABLE", Category.UNAVAILABLE),
        ("rpc error: code = DeadlineExceeded desc = x", "grpc:DeadlineExceeded", Category.TIMEOUT),
        (
            "An error occurred (SlowDown) when calling PutObject",
            "service:SlowDown",
            Category.RATE_LIMIT,
        ),
        (
            "{'error': {'code': 'insufficient_quota'}}",
            "service:insufficient_quota",
            Category.RATE_LIMIT,
        ),
        ("LOADING Redis is loading the dataset", "service:LOADING", Category.UNAVAILABLE),
        ("ShutdownInProgress", "service:ShutdownInProgress", Category.UNAVAILABLE),
        ("{'ok': 0, 'code': 11600}", "mongodb:11600", Category.UNAVAILABLE),
    ],
)
def test_a_code_inside_of_a_message_is_found(message, rule, category):
    assert said(message)[rule] is category


@pytest.mark.parametrize(
    "message",
    [
        "",
        "all is well",
        "took 500 ms",
        "received 404 items",
        "user 23505 said 40001",
        "got 503 bytes",
    ],
)
def test_plain_numbers_are_no_codes(message):
    assert said(message) == {}


@pytest.mark.parametrize(
    ("kind", "module", "found"),
    [
        ("KeyError", "", ("KeyError", "", "")),
        ("java.net.ConnectException", "", ("ConnectException", "java.net", "")),
        ("Net::ReadTimeout", "", ("ReadTimeout", "Net", "")),
        ("App\\Exceptions\\Boom", "", ("Boom", "App.Exceptions", "")),
        ("*net.OpError", "", ("OpError", "net", "")),
        ("System.Exception", "Acme", ("Exception", "Acme", "")),
        ("CallError reason=backendError", "google", ("CallError", "google", "backendError")),
        ("errors code 91", "pymongo", ("errors", "pymongo", "91")),
        ("", "", ("", "", "")),
    ],
)
def test_qualified_names_are_taken_apart(kind, module, found):
    assert named(kind, module) == found


def test_a_code_that_nobody_lists_is_told_by_its_words():
    (found,) = code_verdicts(KNOWLEDGE, "tenant_rate_limit_exceeded", "shop")

    assert found.category is Category.RATE_LIMIT
    assert found.rule == 'code tenant_rate_limit_exceeded name:request rate "rate limit"'


@pytest.mark.parametrize(
    ("code", "library", "rule"),
    [
        ("6", "kafka.errors", "kafka:6"),
        ("_TRANSPORT", "confluent_kafka", "kafka:_TRANSPORT"),
        ("450", "smtplib", "smtp:450"),
        ("1205", "Microsoft.Data.SqlClient", "sqlserver:1205"),
        ("40001", "org.postgresql.util", "sqlstate:40001"),
    ],
)
def test_a_library_reports_codes_of_its_own_system(code, library, rule):
    assert [found.rule for found in code_verdicts(KNOWLEDGE, code, library)] == [rule]


@pytest.mark.parametrize(
    ("name", "library", "rule"),
    [
        ("UniqueViolation", "psycopg.errors", "sqlstate:23505"),
        ("UniqueViolationError", "asyncpg.exceptions", "sqlstate:23505"),
        ("UniqueViolation", "shop", None),
        ("Unheard", "psycopg.errors", None),
    ],
)
def test_types_that_drivers_make_of_sqlstates(name, library, rule):
    found = condition(KNOWLEDGE, name, library)

    assert (found.rule if found else None) == rule

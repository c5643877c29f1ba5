import pytest

from config.solutions import read, solutions
from core.analysis.solutions import Signs, Solution, suggested
from tests.unit.core.analysis.builders import KNOWLEDGE, event, failure


def best(kind, message="", module="", platform="python", **more):
    raw = event(failure(kind, message, module=module, **more), platform=platform)
    return suggested(raw, KNOWLEDGE, solutions())[0]


def made(name, **signs):
    return Solution(name, "T {host|it}", "E", ("S {port|no port}",), ("https://x",), Signs(**signs))


@pytest.mark.parametrize(
    ("kind", "module", "message", "platform", "expected"),
    [
        ("ModuleNotFoundError", "", "No module named 'yaml'", "python", "missing-module-python"),
        ("Error", "", "Cannot find module 'left-pad'", "node", "missing-module-node"),
        ("NoClassDefFoundError", "java.lang", "org/acme/Tax", "java", "missing-class-java"),
        ("ConnectionRefusedError", "", "[Errno 111] refused", "python", "connection-refused"),
        ("Error", "", "connect ECONNREFUSED 10.0.0.7:80", "node", "connection-refused"),
        ("gaierror", "socket", "[Errno -2] Name or service not known", "python", "dns-failure"),
        ("Error", "", "getaddrinfo ENOTFOUND pay.example", "node", "dns-failure"),
        ("DeadlockDetected", "psycopg.errors", "deadlock detected", "python", "deadlock"),
        ("SqlException", "", "was deadlocked on lock resources", "csharp", "deadlock"),
        ("SerializationFailure", "psycopg.errors", "x", "python", "serialization-failure"),
        ("OSError", "", "[Errno 28] No space left on device", "python", "disk-full"),
        ("OSError", "", "[Errno 24] Too many open files", "python", "too-many-open-files"),
        ("Error", "", "EMFILE: too many open files, open 'x'", "node", "too-many-open-files"),
        ("SSLError", "ssl", "certificate has expired", "python", "certificate-expired"),
        ("Error", "", "certificate is not yet valid", "node", "certificate-not-yet-valid"),
        ("SSLHandshakeException", "", "PKIX path building failed", "java", "certificate-untrusted"),
        ("CertificateError", "ssl", "Hostname mismatch", "python", "certificate-hostname"),
        ("UnicodeDecodeError", "", "'utf-8' codec can't decode byte", "python", "decoding"),
        ("UnicodeEncodeError", "", "'ascii' codec can't encode", "python", "encoding"),
        ("MemoryError", "", "", "python", "out-of-memory"),
        ("OutOfMemoryError", "java.lang", "Java heap space", "java", "out-of-memory-java"),
        ("", "", "Container was OOMKilled", "other", "oom-killed"),
        ("PermissionError", "", "[Errno 13] Permission denied: '/x'", "python", "file-permission"),
        ("Error", "", "listen EADDRINUSE: address already in use", "node", "port-in-use"),
        ("ReadTimeout", "requests", "Read timed out.", "python", "timeout-answer"),
        ("TimeoutError", "sqlalchemy.exc", "QueuePool limit of size 5", "python", "pool-exhausted"),
        ("OperationalError", "psycopg", "too many clients", "python", "too-many-connections"),
        ("OperationalError", "psycopg", 'password authentication failed for user "a"', "python",
         "database-authentication"),
        ("HTTPError", "requests", "429 Client Error", "python", "rate-limited"),
        ("RateLimitError", "openai", "insufficient_quota", "python", "budget-spent"),
        ("QuotaExceeded", "", "quota exceeded", "python", "quota-used-up"),
        ("JSONDecodeError", "json.decoder", "Expecting value: line 1", "python", "json-parse"),
        ("UndefinedTable", "psycopg.errors", 'relation "a" does not exist', "python",
         "schema-missing"),
        ("PendingMigrationError", "", "Migrations are pending", "ruby", "migration-pending"),
        ("NullPointerException", "java.lang", "", "java", "null-java"),
        ("TypeError", "", "Cannot read properties of undefined", "javascript", "null-javascript"),
        ("NullReferenceException", "System", "Object reference not set", "csharp", "null-dotnet"),
        ("runtime error", "", "nil pointer dereference", "go", "nil-go"),
        ("NoMethodError", "", "undefined method `x' for nil:NilClass", "ruby", "nil-ruby"),
        ("Error", "", "Call to a member function x() on null", "php", "null-php"),
        ("panic", "", "called `Option::unwrap()` on a `None` value", "rust", "unwrap-rust"),
        ("TypeError", "", "blocked by CORS policy", "javascript", "cors"),
        ("Forbidden", "", "CSRF token missing", "python", "csrf"),
        ("TokenExpiredError", "", "jwt expired", "node", "token-expired"),
        ("ClientError", "botocore", "An error occurred (RequestTimeTooSkewed)", "python",
         "clock-skew"),
        ("ImportError", "", "partially initialized module 'a'", "python", "import-cycle"),
        ("RecursionError", "", "maximum recursion depth", "python", "recursion-limit"),
        ("RangeError", "", "Maximum call stack size exceeded", "javascript", "recursion-limit"),
        ("WorkerLostError", "billiard", "Worker exited prematurely", "python", "worker-lost"),
        ("OperationalError", "kombu", "Cannot connect to amqp://b", "python", "broker-unreachable"),
        ("BadRequestError", "openai", "maximum context length is 8192", "python",
         "model-context-length"),
        ("BadRequestError", "openai", "content_policy_violation", "python", "content-policy"),
        ("CommandNotFoundException", "", "'Get-Foo' is not recognized", "powershell",
         "powershell-command"),
        ("ResponseError", "redis", "OOM command not allowed", "python", "redis-memory"),
        ("Retry", "celery.exceptions", "Retry in 3s", "python", "task-retry-reported"),
    ],
)  # fmt: skip
def test_known_classes(kind, module, message, platform, expected):
    assert best(kind, message, module, platform).id == expected


def test_details_of_the_event_are_filled_in():
    found = best("Error", "getaddrinfo ENOTFOUND pay.example", platform="node")

    assert found.title == "The name pay.example has no address here"


def test_without_details_the_words_behind_the_bar_stand_there():
    (found,) = suggested({"message": "odd thing"}, KNOWLEDGE, [made("a", phrases=(("odd",),))])

    assert (found.title, found.steps) == ("T it", ("S no port",))


def test_codes_count_more_than_phrases_and_those_more_than_types():
    listed = [
        made("by-type", types=frozenset({"Boom"})),
        made("by-code", codes=frozenset({"40P01"})),
        made("by-phrase", phrases=(("odd",),)),
        made("by-category", categories=frozenset({"concurrency"})),
    ]

    found = suggested(event(failure("Boom", "odd", code="40P01")), KNOWLEDGE, listed, most=9)

    assert [each.id for each in found] == ["by-code", "by-phrase", "by-type", "by-category"]


def test_several_signs_count_more_than_one():
    one, two = made("one", types=frozenset({"A"})), made("two", types=frozenset({"A"}))
    two = Solution("two", "", "", (), (), Signs(types=frozenset({"A"}), phrases=(("a", "c"),)))

    found = suggested(event(failure("A", "a b c")), KNOWLEDGE, [one, two])

    assert found[0].because == ("type A", "message a … c")


def test_a_language_narrows():
    listed = [made("a", types=frozenset({"A"}), languages=frozenset({"java"}))]

    assert suggested(event(failure("A")), KNOWLEDGE, listed) == ()
    assert suggested(event(failure("A"), platform="java"), KNOWLEDGE, listed)


def test_a_phrase_takes_back():
    listed = [made("a", types=frozenset({"A"}), unless=("not really",))]

    assert suggested(event(failure("A", "Not really.")), KNOWLEDGE, listed) == ()


def test_nothing_is_known_of_what_nobody_knows():
    assert suggested({}, KNOWLEDGE, solutions()) == ()


def test_a_detail_cannot_fill_places_of_its_own():
    listed = [made("a", phrases=(("to",),))]

    (found,) = suggested({"message": "to {port|x}.example:80"}, KNOWLEDGE, listed)

    assert found.steps == ("S 80",)


def test_what_was_read_can_be_suggested():
    text = """
[[solution]]
id = "own"
title = "Own"
explanation = "Our own."
steps = ["Do it."]
sources = ["https://wiki.example/own"]
when.kinds = ["general.bug"]
"""

    (found,) = suggested(event(failure("KeyError", "x")), KNOWLEDGE, read("own.toml", text))

    assert (found.id, found.score, found.because) == ("own", 0.7, ("kind general.bug",))

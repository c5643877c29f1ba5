import pytest

from core.analysis.classify import of_record
from core.analysis.result import Severity
from core.errors import Category
from tests.unit.core.analysis.builders import KNOWLEDGE, classified, event, failure


def record(kind=None, module=None, message=None, **more):
    return of_record({"type": kind, "module": module, "message": message, **more}, KNOWLEDGE)


@pytest.mark.parametrize(
    ("kind", "module", "category", "transient"),
    [
        ("TimeoutError", "redis.exceptions", Category.TIMEOUT, True),
        ("BusyLoadingError", "redis.exceptions", Category.UNAVAILABLE, True),
        ("AuthenticationError", "redis.exceptions", Category.AUTH, False),
        ("SerializationFailure", "psycopg.errors", Category.CONCURRENCY, True),
        ("UniqueViolation", "psycopg.errors", Category.INTEGRITY, False),
        ("ConnectTimeout", "httpx", Category.TIMEOUT, True),
        ("InvalidURL", "requests.exceptions", Category.VALIDATION, False),
        ("EndpointConnectionError", "botocore.exceptions", Category.CONNECTION, True),
        ("RateLimitError", "openai", Category.RATE_LIMIT, True),
        ("SoftTimeLimitExceeded", "billiard.exceptions", Category.TIMEOUT, False),
        ("Retry", "celery.exceptions", Category.OTHER_TRANSIENT, True),
        ("Ignore", "celery.exceptions", Category.CANCELLED, False),
        ("ValidationError", "pydantic_core", Category.VALIDATION, False),
        ("KeyError", "builtins", Category.BUG, False),
        ("NullPointerException", "java.lang", Category.BUG, False),
        ("SocketTimeoutException", "java.net", Category.TIMEOUT, True),
        (
            "DbUpdateConcurrencyException",
            "Microsoft.EntityFrameworkCore",
            Category.CONCURRENCY,
            True,
        ),
        ("RecordNotFound", "ActiveRecord", Category.NOT_FOUND, False),
        ("ModelNotFoundException", "Illuminate.Database", Category.NOT_FOUND, False),
        ("LeaderNotAvailableError", "kafka.errors", Category.UNAVAILABLE, True),
    ],
)
def test_types_of_known_libraries(kind, module, category, transient):
    found = record(kind, module)

    assert (found.category, found.transient) == (category, transient)
    assert found.confidence > 0.85


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("PaymentGatewayTimeoutError", Category.TIMEOUT),
        ("OrderNotFoundException", Category.NOT_FOUND),
        ("UserAlreadyExists", Category.INTEGRITY),
        ("InvalidSessionTimeoutError", Category.VALIDATION),
        ("AccountAccessDenied", Category.AUTH),
        ("TenantThrottledException", Category.RATE_LIMIT),
        ("BackendUnavailableFault", Category.UNAVAILABLE),
        ("LedgerDeadlockError", Category.CONCURRENCY),
        ("Strange", Category.UNKNOWN),
    ],
)
def test_unknown_types_are_told_by_the_words_of_their_name(kind, category):
    assert record(kind, "shop.errors").category is category


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("could not connect to server: Connection refused", Category.CONNECTION),
        ("Lock request time out period exceeded", Category.CONCURRENCY),
        ("upstream request timed out", Category.TIMEOUT),
        ("Too many requests, slow down", Category.RATE_LIMIT),
        ("The service is busy. Please try again.", Category.UNAVAILABLE),
        ("No space left on device", Category.RESOURCE),
        ("duplicate key value violates unique constraint", Category.INTEGRITY),
        ("relation orders does not exist", Category.NOT_FOUND),
        ("permission denied for table orders", Category.AUTH),
        ("No module named 'shop'", Category.CONFIG),
        ("'NoneType' object has no attribute 'total'", Category.BUG),
        ("Something odd. Retry the operation later.", Category.OTHER_TRANSIENT),
        ("The value is not right. Correct the request and try again.", Category.UNKNOWN),
        ("ConnectionError: it is gone", Category.CONNECTION),
        ("the connection to the primary was lost", Category.CONNECTION),
        ("was lost: the connection", Category.UNKNOWN),
        ("nothing to see", Category.UNKNOWN),
    ],
)
def test_messages_alone(message, category):
    assert record(message=message).category is category


@pytest.mark.parametrize(
    ("message", "transient"),
    [
        ("The row was not found. Please retry the operation.", True),
        ("Remove the lock file and try again.", False),
        ("This error cannot be retried.", False),
        ("Invalid email or password. Please try again.", False),
        ("Monthly quota used up; the request limit is 5.", False),
        ("Request limit reached, try again in 5 s", True),
    ],
)
def test_what_messages_say_of_trying_again(message, transient):
    assert record(message=message).transient is transient


@pytest.mark.parametrize(
    ("kind", "module", "rule"),
    [
        ("CoordinatorNotAvailableException", "org.apache.kafka", "type:kafka.CoordinatorNotAvail"),
        ("SlowDownException", "botocore.errorfactory", "service:SlowDown"),
        ("UniqueViolation", "psycopg.errors", "sqlstate:23505"),
    ],
)
def test_types_are_known_by_other_names(kind, module, rule):
    assert record(kind, module).rule.startswith(rule)


def test_a_full_disk_does_not_pass_by_itself():
    assert not record(message="No space left on device").transient


def test_a_spent_budget_does_not_pass_by_itself():
    found = record("RateLimitError", "openai", "Error code: 429 - {'code': 'insufficient_quota'}")

    assert (found.category, found.transient) == (Category.RATE_LIMIT, False)


def test_codes_beat_vague_types():
    found = record("OperationalError", "psycopg", "x", code="40P01")

    assert (found.category, found.rule) == (Category.CONCURRENCY, "sqlstate:40P01")


def test_messages_beat_vague_types():
    assert (
        record("OperationalError", "psycopg2", "password authentication failed").category
        is Category.AUTH
    )


def test_the_status_of_the_answer_counts():
    assert record("HTTPError", "requests", http_status=404).category is Category.NOT_FOUND


def test_a_library_that_lists_all_it_repeats_repeats_nothing_else():
    found = record("BrokerNotAvailableError", "kafka.errors")

    assert not found.transient
    assert found.rule.endswith("(not listed)")


def test_of_that_library_even_unknown_types_are_permanent():
    found = record("Strange", "kafka.errors", "please retry later")

    assert (found.category, found.transient) == (Category.OTHER_PERMANENT, False)


def test_names_of_services_are_types_too():
    assert record("SlowDown", "botocore.errorfactory").rule == "service:SlowDown"


def test_the_platform_says_which_type_is_meant():
    javascript = event(failure("InternalError", "x"), platform="javascript")

    assert classified(javascript).category is Category.BUG


def test_the_cause_of_an_own_exception_decides():
    cause = failure("ConnectionRefusedError", "x")
    found = classified(event(cause, failure("CheckoutFailed", "no", module="shop")))

    assert found.category is Category.CONNECTION
    assert found.rule.startswith("cause ")


def test_a_sure_surface_is_not_overruled_by_its_context():
    context = failure("KeyError", "x")
    found = classified(event(context, failure("ConnectionRefusedError", "x")))

    assert found.category is Category.CONNECTION


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("fatal", Severity.CRITICAL),
        ("error", Severity.HIGH),
        ("warning", Severity.MEDIUM),
        ("info", Severity.INFO),
        ("debug", Severity.INFO),
        ("", Severity.HIGH),
    ],
)
def test_the_level_moves_the_severity(level, severity):
    assert classified(event(failure("KeyError", "x"), level=level)).severity is severity


def test_nothing_known_is_unknown_and_not_tried_again():
    found = record()

    assert (found.category, found.transient, found.rule) == (Category.UNKNOWN, False, "none")


def test_a_connection_that_a_certificate_forbids_is_not_tried_again():
    record = {"type": "SSLError", "module": "requests", "message": "certificate has expired"}
    found = of_record(record, KNOWLEDGE)
    assert (found.category, found.transient, found.code) == ("config", False, "DEP-CERTIFICATE")
    assert of_record({**record, "message": "EOF occurred"}, KNOWLEDGE).transient


@pytest.mark.parametrize(
    "said",
    [
        "Failed to fetch",
        "Load failed",
        "NetworkError when attempting to fetch resource.",
        "Network request failed",
        "Importing a module script failed.",
    ],
)
@pytest.mark.parametrize("platform", ["javascript", "other"])
def test_what_browsers_say_of_a_request_that_did_not_get_through_is_no_bug(said, platform):
    found = classified(event(failure("TypeError", said), platform=platform))
    assert (found.category, found.transient) == (Category.CONNECTION, True)


@pytest.mark.parametrize(
    "said", ["x is not a function", "Illegal invocation", "a of undefined", ""]
)
def test_other_type_errors_of_browsers_are_bugs(said):
    found = classified(event(failure("TypeError", said), platform="javascript"))
    assert (found.category, found.transient) == (Category.BUG, False)


@pytest.mark.parametrize(
    ("kind", "transient"),
    [
        ("SQLNonTransientConnectionException", False),
        ("StoreNonRetriableError", False),
        ("StoreCannotConnectError", True),
        ("StoreNoHostAvailable", True),
    ],
)
def test_names_that_say_whether_it_passes(kind, transient):
    assert classified(event(failure(kind), platform="other")).transient is transient


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ('Status(StatusCode="Unavailable", Detail="x")', Category.UNAVAILABLE),
        ('status: Unavailable, message: "x"', Category.UNAVAILABLE),
        ('Status(StatusCode="PermissionDenied", Detail="x")', Category.AUTH),
        ("status: Shipped", Category.OTHER_PERMANENT),
    ],
)
def test_codes_of_grpc_in_the_words_of_dotnet_and_rust(said, category):
    assert classified(event(failure("RpcFailure", said), platform="other")).category is category


@pytest.mark.parametrize(
    ("kind", "message", "category", "transient"),
    [
        ("SSLError", "[SSL: WRONG_VERSION_NUMBER] wrong version number", Category.CONFIG, False),
        ("SSLError", "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF", Category.CONNECTION, True),
        (
            "ConnectionClosedByBroker",
            '(530, "NOT_ALLOWED - vhost prod not found")',
            Category.AUTH,
            False,
        ),
        (
            "ChannelClosedByBroker",
            "(406, \"PRECONDITION_FAILED - inequivalent arg 'durable'\")",
            Category.CONFIG,
            False,
        ),
    ],
)
def test_what_a_lost_connection_says_of_its_reason(kind, message, category, transient):
    found = record(kind, "ssl" if kind == "SSLError" else "pika.exceptions", message)

    assert (found.category, found.transient) == (category, transient)


def test_a_type_that_was_printed_with_its_arguments():
    found = record("ApiError(503, 'master_not_discovered_exception')", "elasticsearch")

    assert (found.category, found.transient) == (Category.UNAVAILABLE, True)


def test_what_stands_in_parentheses_is_no_part_of_the_type():
    assert record("KeyError ('x')").rule == record("KeyError").rule

import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken

POOL = "HTTPConnectionPool(host='pay.example', port=443): Max retries exceeded"


def test_another_service_that_is_away():
    found = taken("ConnectionError", "requests.exceptions", POOL)

    assert found == ("dependency", {"host": "pay.example", "port": "443"})


@pytest.mark.parametrize(
    ("message", "package"),
    [
        ("No module named 'shop.tax'", "shop.tax"),
        ("Cannot find module '@shop/tax'", "@shop/tax"),
        ("cannot load such file -- nokogiri", "nokogiri"),
        ("Could not load file or assembly 'Shop.Tax, Version=1.0'", "Shop.Tax"),
        ("error while loading shared libraries: libpq.so.5: cannot open", "libpq.so.5"),
    ],
)
def test_a_missing_package(message, package):
    found = taken("ImportError", "", message)

    assert found == ("dependency", {"package": package})


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("ConnectionError", "requests", f"{POOL} (Failed to resolve 'pay.example')", "DEP-DNS"),
        ("UnknownHostException", "java.net", "ledger.internal", "DEP-DNS"),
        ("Error", "", "getaddrinfo ENOTFOUND pay.example", "DEP-DNS"),
        ("SSLError", "requests", "certificate verify failed: expired", "DEP-CERTIFICATE"),
        ("SSLHandshakeException", "javax.net.ssl", "PKIX path building", "DEP-CERTIFICATE"),
        ("NoBrokersAvailable", "kafka.errors", "NoBrokersAvailable", "DEP-BROKER"),
        ("AMQPConnectionError", "pika.exceptions", "", "DEP-BROKER"),
        ("ConnectTimeout", "requests.exceptions", "timed out", "DEP-TIMEOUT"),
        ("NoCredentialsError", "botocore.exceptions", "Unable to locate", "DEP-AUTHENTICATION"),
        (
            "ImportError",
            "",
            "cannot import name 'A' from partially initialized module 'shop.b'",
            "DEP-IMPORT-CYCLE",
        ),
        ("", "", "npm ERR! code ERESOLVE could not resolve dependencies", "DEP-RESOLUTION"),
        ("", "", "Dependency resolution timed out", "DEP-RESOLUTION"),
        ("NoClassDefFoundError", "java.lang", "org/acme/Tax", "DEP-MISSING"),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert coded(kind, module, message) == expected


def test_what_the_service_was_asked_for():
    message = "An error occurred (NoSuchKey) when calling the GetObject operation"

    assert taken("ClientError", "botocore.exceptions", message) == (
        "dependency",
        {"operation": "GetObject"},
    )


def test_a_service_that_is_away_is_left_alone_and_a_package_is_a_persons_work():
    assert answered("ConnectionError", "requests", "refused") == (
        "DEP-CONNECTION",
        503,
        "circuit_break",
    )
    assert answered("ModuleNotFoundError", "", "No module named 'a'") == (
        "DEP-MISSING",
        500,
        "escalate",
    )


def test_a_topic():
    context = read("UnknownTopicOrPartitionError", "kafka.errors", "no topic 'orders'")

    assert context == {"topic": "orders"}


def test_anything_that_is_not_reached():
    assert taken(message="connection refused")[0] == "dependency"

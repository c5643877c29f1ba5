from tests.unit.core.analysis.families.facts import taken


def test_another_service_that_is_away():
    message = "HTTPConnectionPool(host='pay.example', port=443): Max retries exceeded"

    assert taken("ConnectionError", "requests.exceptions", message) == (
        "dependency",
        {"host": "pay.example"},
    )


def test_a_missing_package():
    found = taken("ModuleNotFoundError", "", "No module named 'shop.tax'")

    assert found == ("dependency", {"package": "shop.tax"})


def test_a_service_of_the_cloud():
    message = "An error occurred (NoSuchKey) when calling the GetObject operation"

    assert taken("ClientError", "botocore.exceptions", message) == (
        "dependency",
        {"service": "GetObject"},
    )


def test_anything_that_is_not_reached():
    assert taken(message="connection refused")[0] == "dependency"

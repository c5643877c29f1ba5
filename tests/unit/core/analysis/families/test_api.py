from tests.unit.core.analysis.families.facts import taken


def test_a_failed_answer_of_a_client():
    family, context = taken(
        "HTTPError",
        "requests.exceptions",
        "404 Client Error: Not Found for url: https://a.example/x?y=1",
    )

    assert family == "api"
    assert context["status"] == "404"
    assert context["url"] == "https://a.example/x"


def test_a_request_of_a_framework():
    request = {"method": "post", "url": "https://shop.example/orders?x=1"}
    family, context = taken("Boom", "django.http", "x", request=request)

    assert family == "api"
    assert context == {"method": "POST", "endpoint": "/orders"}


def test_a_stated_status():
    assert taken("Boom", "", "x", http_status=502) == ("api", {"status": "502"})


def test_an_address_that_cannot_be_read_is_left_out():
    assert taken("Boom", "", "x", request={"url": "http://[::1"}) == ("api", {})


def test_a_component_called_api():
    assert taken("Boom", "", "x", tags={"component": "API"})[0] == "api"

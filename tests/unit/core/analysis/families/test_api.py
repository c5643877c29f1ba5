import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken


def test_a_failed_answer_of_a_client():
    message = "404 Client Error: Not Found for url: https://a.example/x?key=hunter2"

    family, context = taken("HTTPError", "requests.exceptions", message)

    assert family == "api"
    assert context == {"status": "404", "url": "https://a.example/x"}


def test_a_request_of_a_framework():
    request = {"method": "post", "url": "https://shop.example/orders?x=1"}

    assert taken("Boom", "django.http", "x", request=request) == (
        "api",
        {"method": "POST", "endpoint": "/orders"},
    )


def test_a_request_can_be_found_again():
    headers = [["X-Request-Id", "req-77"], ["Traceparent", "00-aa-bb-01"], ["Cookie", "s=1"]]

    context = read("Boom", "flask", "x", request={"headers": headers})

    assert context == {"request_id": "req-77", "trace_id": "00-aa-bb-01"}


@pytest.mark.parametrize("headers", [None, "x", [1], [["a"]], {"X-Request-ID": ["r"]}])
def test_odd_headers_are_passed_over(headers):
    assert read("Boom", "flask", "x", request={"headers": headers}) == {}


def test_a_stated_status():
    assert taken("Boom", "", "x", http_status=502) == ("api", {"status": "502"})


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("RequestValidationError", "fastapi.exceptions", "[]", ("API-VALIDATION", 422)),
        ("ParseError", "rest_framework.exceptions", "JSON parse error", ("API-REQUEST", 400)),
        ("DisallowedHost", "django.core.exceptions", "Invalid HTTP_HOST", ("API-REQUEST", 400)),
        ("NotAuthenticated", "rest_framework.exceptions", "x", ("API-AUTHENTICATION", 401)),
        ("PermissionDenied", "django.core.exceptions", "x", ("API-AUTHORIZATION", 403)),
        ("NotFoundHttpException", "Symfony.Component.HttpKernel", "x", ("API-NOT-FOUND", 404)),
        ("ActionController::RoutingError", "", "No route matches [GET]", ("API-NOT-FOUND", 404)),
        ("MethodNotAllowed", "werkzeug.exceptions", "x", ("API-METHOD", 405)),
        ("RequestEntityTooLarge", "werkzeug.exceptions", "x", ("API-TOO-LARGE", 413)),
        ("UnsupportedMediaType", "rest_framework", "x", ("API-MEDIA-TYPE", 415)),
        ("ContentTypeError", "aiohttp.client", "unexpected mimetype", ("API-RESPONSE", 502)),
        ("ClientDisconnect", "starlette.requests", "", ("API-DISCONNECTED", 499)),
        ("ZeroDivisionError", "flask.app", "division by zero", ("API-HANDLER", 500)),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert answered(kind, module, message)[:2] == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, "API-AUTHENTICATION"), (409, "API-CONFLICT"), (413, "API-TOO-LARGE"),
     (422, "API-VALIDATION"), (500, "API-UPSTREAM"), (503, "API-UNAVAILABLE")],
)  # fmt: skip
def test_the_status_decides(status, expected):
    assert coded("Boom", "axios", "Request failed", http_status=status) == expected


def test_a_service_that_is_overloaded_is_left_alone_for_a_while():
    assert answered("Boom", "express", "x", http_status=503) == (
        "API-UNAVAILABLE",
        503,
        "circuit_break",
    )


def test_the_field_that_was_refused():
    message = "[{'type': 'missing', 'loc': ('body', 'name'), 'msg': 'Field required'}]"

    context = read("RequestValidationError", "fastapi.exceptions", message)

    assert context == {"field": "name", "rule": "missing"}


def test_an_address_that_cannot_be_read_is_left_out():
    assert taken("Boom", "", "x", request={"url": "http://[::1"}) == ("api", {})


def test_a_component_called_api():
    assert taken("Boom", "", "x", tags={"component": "API"})[0] == "api"

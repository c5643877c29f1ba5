import pytest

EXPECTED = {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/issues/", 404),
        ("GET", "/api/v1/issues/999", 404),
        ("GET", "/api/v1/issues/x", 422),
        ("GET", f"/api/v1/issues/{2**63}", 422),
        ("GET", "/api/v1/projects/-1", 422),
        ("POST", "/api/v1/stats", 405),
        ("DELETE", "/livez", 405),
        ("GET", "/api/v1/issues?cursor=1", 400),
    ],
)
def test_every_refusal_is_a_problem(admin, method, path, status):
    answer = admin.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() >= EXPECTED
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]


def test_a_wrong_method_is_told_the_right_ones(admin):
    assert admin.post("/api/v1/stats").headers["allow"] == "GET"


def test_a_body_that_is_no_json_is_undecodable(admin):
    headers = {"Content-Type": "application/json"}
    answer = admin.post("/api/v1/projects", content=b"{nope", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "ML-VAL-0004")


def test_a_body_sent_as_a_form_is_told_the_header_that_it_lacks(admin):
    """As `curl -d` sends it where nothing else is said."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = admin.post("/api/v1/projects", content=b'{"name": "shop"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "ML-VAL-0002")
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused(admin):
    answer = admin.post("/api/v1/projects", json={"name": "x" * 2**20})
    assert (answer.status_code, answer.json()["code"]) == (413, "ML-VAL-0003")


def test_the_clients_request_id_is_used(admin):
    answer = admin.get("/nothing", headers={"X-Request-Id": "ci-7"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "ci-7"


def test_names_with_nul_do_no_harm(admin):
    answer = admin.post("/api/v1/projects", json={"name": "a\x00b"})
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/keys", {"role": "read", "label": "a\x00b"}),
        ("POST", "/api/v1/hooks", {"url": "http://hooks.example/", "name": "a\x00b"}),
        ("GET", "/api/v1/audit?actor=%00", None),
        ("GET", f"/api/v1/policies/1/current?version={10**17}", None),
    ],
)
def test_what_the_database_refuses_is_told_without_its_statement(
    admin, project, method, path, body
):
    answer = admin.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "ML-DB-0009")
    for word in ("SQL", "sqlalche", "psycopg", "key_hash", "salt"):
        assert word not in answer.text


def test_filters_with_nul_do_no_harm(admin):
    assert admin.get("/api/v1/issues?query=%00").status_code in {200, 400, 422}


@pytest.mark.parametrize("origin", ["https://console.example", "https://evil.example"])
def test_browsers_of_named_origins_only_are_answered(admin, origin):
    headers = {"Origin": origin}
    answer = admin.get("/api/v1/issues", headers=headers)
    named = origin == "https://console.example"
    assert (answer.headers.get("access-control-allow-origin") == origin) is named
    refused = admin.get("/api/v1/issues/999", headers=headers)
    assert (refused.headers.get("access-control-allow-origin") == origin) is named


def test_a_preflight_needs_no_key(anonymous):
    headers = {
        "Origin": "https://console.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = anonymous.options("/api/v1/issues/1", headers=headers)
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["access-control-allow-methods"]

"""What an application without any SDK sends."""

import uuid

import httpx2
import psycopg
import pytest

from tests.acceptance.platform import eventually
from tests.acceptance.test_sentry_sdk import fetched


@pytest.fixture
def keyed(platform):
    """What the PowerShell bridge is given as ERROR_MANAGER_URL."""
    with httpx2.Client(base_url=f"{platform.ready['api']}/k/{platform.dsn_key}") as client:
        yield client


def test_the_powershell_bridge_is_answered_and_its_error_stored(keyed, api):
    payload = {
        "error": "Cannot find path 'C:\\data\\in.csv' because it does not exist.",
        "component": "powershell-dependency-resolver",
        "context": {"operation": "dependency-resolution", "module": "Resolver"},
        "timestamp": "2024-12-12T16:29:04.123Z",
    }
    answer = keyed.post("/api/errors", json=payload)
    assert answer.status_code == 200
    body = answer.json()
    assert body["processed"] is True
    assert body["recovery_action"]["action"] in {
        "retry", "wait", "fallback", "fail_fast", "escalate", "none",
    }  # fmt: skip
    assert body["recovery_action"]["reason"]
    event = fetched(api, body["error_id"])
    assert event["component"] == "powershell-dependency-resolver"
    assert event["title"].startswith("Cannot find path")


def test_windows_1252_is_read(keyed, api):
    body = '{"error": "Datei für Größe nicht gefunden"}'.encode("cp1252")
    answer = keyed.post("/api/errors", content=body)
    assert answer.status_code == 200
    assert "Größe" in fetched(api, answer.json()["error_id"])["title"]


def test_a_transient_error_is_told_to_retry(keyed):
    error = {"type": "ConnectionResetError", "message": "Connection reset by peer"}
    answer = keyed.post("/api/errors", json={"error": error, "component": "billing"}).json()
    assert answer["recovery_action"]["action"] == "retry"
    assert answer["recovery_action"]["retry_after"] > 0
    assert answer["recovery_action"]["attempts_left"] > 0


def test_a_permanent_error_is_not(keyed):
    error = {"type": "ValidationError", "message": "field 'age' must be positive"}
    answer = keyed.post("/api/errors", json={"error": error}).json()
    assert answer["recovery_action"]["action"] in {"fail_fast", "escalate"}


def test_a_batch_has_an_answer_for_each(keyed, api):
    batch = [{"error": f"batch item failed, number {n}"} for n in range(3)]
    answers = keyed.post("/api/errors/batch", json=batch).json()
    assert len(answers) == 3
    issues = {fetched(api, answer["error_id"])["issue_id"] for answer in answers}
    assert len(issues) == 1


def test_the_same_event_twice_is_stored_once(keyed, api):
    event_id = uuid.uuid4().hex
    before = api.get("/api/v1/stats").json()
    for _ in range(2):
        body = {"error": "only once", "event_id": event_id}
        assert keyed.post("/api/errors", json=body).status_code == 200
    fetched(api, event_id)
    # The second may be taken out of the inbox in a batch of its own.
    eventually(lambda: api.get("/api/v1/stats").json()["duplicates"] >= before["duplicates"] + 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"not json", 400), (b"[]", 400), (b"{}", 400), (b'{"error": 5}', 400)],
)
def test_bad_input_says_what_is_wrong(keyed, body, status):
    answer = keyed.post("/api/errors", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_nothing_is_written_without_a_credential(platform):
    answer = httpx2.post(f"{platform.ready['api']}/api/errors", json={"error": "anonymous"})
    assert answer.status_code == 401


def test_component_reports_reach_the_roll_ups(platform, api):
    reports = [
        {"outcome": "success", "duration_ms": 12.5, "memory_bytes": 1000, "count": 3},
        {"outcome": "failure", "duration_ms": 40, "connected": False},
    ]
    answer = api.post("/api/v1/components/billing-worker/report", json=reports)
    assert answer.status_code == 200
    with psycopg.connect(platform.credentials["database_url"]) as connection:
        row = connection.execute(
            "SELECT sum(successes), sum(failures), max(duration_max), sum(connections_lost)"
            " FROM component_minutes WHERE component = 'billing-worker'"
        ).fetchone()
    assert row == (3, 1, 40.0, 1)

"""Intake and the management API behind one address."""

import pytest
from starlette.testclient import TestClient

from core.store import projects


@pytest.fixture
def served(app):
    """Started and stopped, as a server does it."""
    with TestClient(app, base_url="http://test") as client:
        yield client


@pytest.fixture
def dsn_key(database, project):
    with database.transaction() as session:
        return projects.current_key(session, project.id).public_key


def test_an_error_taken_in_is_seen_by_the_api(served, dsn_key, key):
    answer = served.post(f"/k/{dsn_key}/api/errors", json={"error": "boom"})
    assert answer.status_code == 200, answer.text
    event_id = answer.json()["error_id"]
    headers = {"Authorization": f"Bearer {key('read')}"}
    pending = served.get(f"/api/v1/events/{event_id}", headers=headers)
    assert pending.json()["hint"] == "pending"
    assert served.get("/api/v1/stats", headers=headers).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/errors", 401),
        ("GET", "/api/errors", 405),
        ("GET", "/api/errors/nothing", 401),
        ("POST", "/k/abc/nothing", 404),
    ],
)
def test_refusals_are_problems_on_both_sides(served, method, path, status):
    answer = served.request(method, path, headers={"X-Request-Id": "ci-1"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "ci-1"

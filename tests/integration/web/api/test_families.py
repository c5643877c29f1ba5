"""From a report to what the API tells of it: family, kind, code, context, proposal, solutions."""

import pytest
from starlette.testclient import TestClient

from core.store import projects
from tests.integration.core.digest.world import World

DEADLOCK = {
    "type": "DeadlockDetected",
    "module": "psycopg.errors",
    "message": 'deadlock detected while updating relation "orders"',
}
RETRY = {"type": "Retry", "module": "celery.exceptions", "message": "Retry in 30s: gone"}


@pytest.fixture
def report(app, database, clock, project):
    """Takes an error in, digests it, and answers with what the API tells."""
    with database.transaction() as session:
        dsn_key = projects.current_key(session, project.id).public_key
    world = World(database, clock)

    def report(error):
        with TestClient(app, base_url="http://test") as client:
            answer = client.post(f"/k/{dsn_key}/api/errors", json={"error": error}).json()
        world.digest()
        return answer

    return report


def seen(reader, answer):
    return reader.get(f"/api/v1/events/{answer['error_id']}").json()


def test_an_event_tells_family_kind_code_context_and_proposal(reader, report):
    found = seen(reader, report(DEADLOCK))

    assert (found["family"], found["kind"], found["code"]) == (
        "database",
        "deadlock",
        "DB-DEADLOCK",
    )
    assert found["http_status"] == 503
    assert found["context"]["table"] == "orders"
    assert found["proposal"] == {"action": "retry", "policy": "database.deadlock"}


def test_a_task_that_asks_to_be_run_again_opens_no_error(reader, report):
    found = seen(reader, report(RETRY))
    issue = reader.get(f"/api/v1/issues/{found['issue_id']}").json()

    assert (found["code"], found["level"], found["severity"]) == ("TASK-RETRY", "info", "info")
    assert (issue["status"], issue["level"]) == ("ignored", "info")
    assert issue["transitions"][-1]["reason"] == "no_failure"


def test_an_issue_has_solutions(reader, report):
    found = seen(reader, report(DEADLOCK))

    first, *_ = reader.get(f"/api/v1/issues/{found['issue_id']}/solutions").json()

    assert first["id"] == "deadlock"
    assert first["steps"]
    assert first["sources"][0].startswith("https://")
    assert "type DeadlockDetected" in first["because"]


def test_an_issue_without_a_payload_is_known_by_its_title(reader, rows):
    issue = rows.issue(title="OSError: [Errno 28] No space left on device")

    found = reader.get(f"/api/v1/issues/{issue.id}/solutions?most=1").json()

    assert [each["id"] for each in found] == ["disk-full"]


def test_the_issues_of_others_have_no_solutions(as_role, rows, other_project):
    issue = rows.issue()

    answer = as_role("read", other_project.id).get(f"/api/v1/issues/{issue.id}/solutions")

    assert answer.status_code == 404

import gzip
import uuid

import pytest

from core.access import keys as api_keys
from core.access.roles import Role
from core.clock import SystemClock
from core.intake import reader
from core.model import InboxRow
from core.store import projects


@pytest.fixture
def stored(shared):
    def look(event_id):
        with shared.database.transaction() as session:
            row = session.query(InboxRow).filter_by(event_id=uuid.UUID(event_id)).one()
            return row.project_id, *reader.read(row)

    return look


@pytest.fixture
def keyed(shared):
    def post(body, path="api/errors", **options):
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return shared.answers.post(f"/k/{shared.key}/{path}", **content, **options)

    return post


def new_token(shared, role=Role.INGEST, **wanted):
    with shared.database.transaction() as session:
        made = api_keys.create(
            session, api_keys.NewKey(role=role, **wanted), now=SystemClock().now()
        )
        return {"Authorization": f"Bearer {made.plain}"}


def test_a_report_is_answered_and_kept(keyed, stored, shared):
    report = {
        "error": {"type": "IOError", "message": "gone", "code": "ENOENT", "http_status": 500},
        "component": "billing",
        "operation": "charge",
        "operation_id": "op-1",
        "attempt": 2,
        "context": {"customer": 7},
        "severity": "critical",
        "release": "1.2.3",
        "environment": "test",
        "fingerprint": ["a"],
        "replay": {"task": "shop.charge", "args": [1]},
        "hologram": True,
    }
    answer = keyed(report)
    assert answer.status_code == 200
    body = answer.json()
    assert body["processed"] is True
    assert body["recovery_action"] == {"action": "none", "reason": "no policy applies"}
    project, event, tags = stored(body["error_id"])
    assert (project, event["level"], event["release"], tags) == (
        shared.project,
        "fatal",
        "1.2.3",
        (),
    )
    assert event["contexts"]["mendline"]["replay"] == {"task": "shop.charge", "args": [1]}
    assert event["extra"] == {"customer": 7, "hologram": True}


def test_an_id_that_was_given_is_kept(keyed):
    event_id = uuid.uuid4()
    assert keyed({"error": "boom", "event_id": str(event_id)}).json()["error_id"] == event_id.hex


def test_windows_1252_is_read_and_tagged(keyed, stored):
    answer = keyed('{"error": "Datei für Größe nicht gefunden"}'.encode("cp1252"))
    _, event, tags = stored(answer.json()["error_id"])
    assert event["logentry"]["formatted"] == "Datei für Größe nicht gefunden"
    assert "charset:windows-1252" in tags


def test_times_far_off_are_clamped(keyed, stored):
    answer = keyed({"error": "boom", "timestamp": "2020-01-01T00:00:00Z"})
    _, event, tags = stored(answer.json()["error_id"])
    assert event["contexts"]["mendline"]["claimed_timestamp"] == "2020-01-01T00:00:00.000Z"
    assert tags == ("clamped_timestamp",)


def test_bodies_may_be_compressed(keyed):
    body = gzip.compress(b'{"error": "boom"}')
    assert keyed(body, headers={"Content-Encoding": "gzip"}).status_code == 200


@pytest.mark.parametrize("path", ["api/errors/batch", "api/errors/batch/"])
def test_a_batch_has_an_answer_for_each(keyed, stored, path):
    answers = keyed([{"error": f"boom {n}"} for n in range(3)], path=path).json()
    texts = [stored(answer["error_id"])[1]["logentry"]["formatted"] for answer in answers]
    assert texts == ["boom 0", "boom 1", "boom 2"]


def test_an_empty_batch_has_none(keyed):
    assert keyed([], path="api/errors/batch").json() == []


def problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b"{}", b'{"error": 5}', b'{"error": ""}']
)
def test_bad_input_is_told_as_a_problem(keyed, body):
    problem(keyed(body), 400)


def test_a_batch_with_a_bad_one_is_refused_whole(keyed, shared):
    problem(keyed([{"error": "boom"}, {}], path="api/errors/batch"), 400)


def test_other_encodings_and_methods(keyed, shared):
    problem(keyed(b"x", headers={"Content-Encoding": "lzma"}), 415)
    answer = shared.answers.get("/api/errors")
    problem(answer, 405)
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_too_large_a_report(keyed):
    problem(keyed({"error": "boom", "context": {"a": "x" * 2**20}}), 413)


def test_nothing_without_a_credential(shared):
    answer = shared.answers.post("/api/errors", json={"error": "boom"})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["0" * 32, "odd"])
def test_an_unknown_key_in_the_path(shared, key):
    problem(shared.answers.post(f"/k/{key}/api/errors", json={"error": "boom"}), 403)


def test_a_wrong_api_key(shared):
    headers = {"Authorization": "Bearer mend_wrong"}
    problem(shared.answers.post("/api/errors", json={"error": "boom"}, headers=headers), 401)


@pytest.mark.parametrize("role", Role)
def test_every_role_may_report(shared, stored, role):
    headers = new_token(shared, role, project_id=shared.project)
    answer = shared.answers.post("/api/errors", json={"error": "boom"}, headers=headers)
    assert stored(answer.json()["error_id"])[0] == shared.project


def test_dsn_keys_work_as_well(shared):
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={shared.key}"}
    answer = shared.answers.post("/api/errors/", json={"error": "boom"}, headers=headers)
    assert answer.status_code == 200


@pytest.fixture(scope="module")
def other_project(shared):
    with shared.database.transaction() as session:
        return projects.create(session, "other", now=SystemClock().now())[0].id


def test_a_key_for_all_projects_names_one_or_means_the_default(shared, stored, other_project):
    headers = new_token(shared)
    for query, project in (("", shared.project), (f"?project={other_project}", other_project)):
        answer = shared.answers.post(f"/api/errors{query}", json={"error": "x"}, headers=headers)
        assert stored(answer.json()["error_id"])[0] == project


def test_a_key_of_one_project_is_for_no_other(shared, other_project):
    headers = new_token(shared, project_id=shared.project)
    path = f"/api/errors?project={other_project}"
    problem(shared.answers.post(path, json={"error": "x"}, headers=headers), 403)


def test_a_project_that_is_not_there(shared):
    answer = shared.answers.post(
        "/api/errors?project=99999", json={"error": "x"}, headers=new_token(shared)
    )
    problem(answer, 403)


@pytest.mark.parametrize("query", ["project=other", "project=0", "project=1e3", "a=1&" * 101])
def test_a_query_that_cannot_be_read_is_refused(shared, query):
    answer = shared.answers.post(
        f"/api/errors?{query}", json={"error": "x"}, headers=new_token(shared)
    )
    problem(answer, 400)


def test_components_report_outcomes(shared):
    headers = new_token(shared)
    reports = [
        {"outcome": "success", "duration_ms": 12.5, "memory_bytes": 1000, "count": 3},
        {"outcome": "failure", "duration_ms": 40, "connected": False},
    ]
    for subject in ("components", "breakers"):
        path = f"/api/v1/{subject}/billing%2Fworker/report"
        answer = shared.answers.post(path, json=reports, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"accepted": 2})
    with shared.database.transaction() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT sum(successes), sum(failures), max(duration_max), sum(connections_lost)"
            " FROM component_minutes WHERE component = 'billing/worker'"
        )
        assert rows.one() == (6, 2, 40.0, 2)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'[{"outcome": "success"}, {}]', b"5"])
def test_wrong_component_reports(shared, body):
    path = f"/api/v1/components/billing/report?sentry_key={shared.key}"
    problem(shared.answers.post(path, content=body), 400)


def test_the_largest_counts_add_up(shared):
    path = f"/api/v1/components/counting/report?sentry_key={shared.key}"
    for count in (10**9, 2**53):
        many = [{"outcome": "success", "count": count, "duration_ms": 1}] * 1_020
        answers = [shared.answers.post(path, json=many).status_code for _ in range(3)]
        assert set(answers) == {200 if count == 10**9 else 400}


def test_one_component_report(shared):
    path = f"/api/v1/components/billing/report/?sentry_key={shared.key}"
    assert shared.answers.post(path, json={"outcome": "success"}).json() == {"accepted": 1}


def test_components_need_a_credential(shared):
    problem(shared.answers.post("/api/v1/components/billing/report", json={}), 401)


def test_other_paths_are_left_to_others(shared):
    assert shared.answers.post("/api/v1/issues").status_code == 404

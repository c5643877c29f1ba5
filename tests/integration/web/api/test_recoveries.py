import pytest

from core.model import Recovery, WorkItem
from tests.integration import recoveries

URL = "/api/v1/recoveries"


@pytest.fixture
def waiting(database, clock, project):
    recoveries.ask_first(database, project.id, clock.now())
    return recoveries.add(database, project.id, clock.now())


def made(database, clock, project, **values):
    return recoveries.add(database, project.id, clock.now(), **values)


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [int(each["id"]) for each in answer.json()]


def test_the_list_and_its_filters(reader, database, clock, project, waiting):
    done = made(database, clock, project, state="recovered", step="verified", component="mail")
    assert ids(reader.get(URL)) == [done, waiting]
    assert ids(reader.get(f"{URL}?state=recovered&state=failed")) == [done]
    assert ids(reader.get(f"{URL}?pending=true")) == [waiting]
    assert ids(reader.get(f"{URL}?component=mail&category=connection")) == [done]
    assert ids(reader.get(f"{URL}?project={project.id + 1}")) == []


def test_pages(reader, database, clock, project, waiting):
    newest = made(database, clock, project)
    first = reader.get(f"{URL}?limit=1")
    assert ids(first) == [newest]
    assert ids(reader.get(first.links["next"]["url"])) == [waiting]


def test_one_is_shown_whole(reader, database, clock, project):
    found = reader.get(f"{URL}/{made(database, clock, project, state='recovered')}").json()
    assert (found["state"], found["component"]) == ("recovered", "checkout")
    assert found["attempts"][0]["action"] == "restart_pool"
    assert found["transitions"][0]["actor"] == "recovery"
    assert found["verification"] == {"verdict": "verified"}
    assert found["situation"]["title"].startswith("ConnectionResetError")


def test_a_yes_is_kept_with_who_and_why(operator, admin, database, waiting):
    answer = operator.post(f"{URL}/{waiting}/approve", json={"why": "the pool hangs"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["state"], found["automatic"]) == ("acting", False)
    approved = next(each for each in found["transitions"] if each["new"] == "approved")
    assert (approved["reason"], approved["actor"]) == ("the pool hangs", found["acts"][0]["actor"])
    assert found["acts"][0]["detail"]["why"] == "the pool hangs"
    with database.transaction() as session:
        assert session.query(WorkItem).filter_by(task="recovery.attempt").count() == 1
    audited = admin.get(f"/api/v1/audit?subject=recovery&subject_id={waiting}").json()
    assert [each["act"] for each in audited] == ["recovery.approved"]


def test_a_yes_said_twice_counts_once(operator, waiting):
    headers = {"Idempotency-Key": "yes-1"}
    first, second = (
        operator.post(f"{URL}/{waiting}/approve", json={"why": "x"}, headers=headers)
        for _ in range(2)
    )
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    late = operator.post(f"{URL}/{waiting}/approve", json={"why": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "ML-REC-0001")


def test_a_no_ends_it(operator, database, waiting):
    found = operator.post(f"{URL}/{waiting}/reject", json={"why": "not on a Friday"}).json()
    assert (found["state"], found["reason"]) == ("rejected", "not on a Friday")
    assert found["ended_at"] is not None
    assert found["attempts"][0]["state"] == "dropped"
    with database.transaction() as session:
        assert session.query(WorkItem).filter_by(task="recovery.attempt").count() == 0


def test_what_was_only_thought_of_is_tried_on_a_persons_word(operator, database, clock, project):
    recoveries.ask_first(database, project.id, clock.now())
    thought = made(database, clock, project, state="shadowed", step="shadowed")
    answer = operator.post(f"{URL}/{thought}/run", json={"why": "let us see"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert int(found["id"]) != thought
    assert found["automatic"] is False
    assert found["acts"][0]["detail"]["after"] == str(thought)
    with database.transaction() as session:
        assert session.get(Recovery, thought).state == "shadowed"


@pytest.mark.parametrize("body", [{}, {"why": ""}, {"why": "x", "who": "me"}])
def test_a_word_needs_a_reason_and_nothing_else(operator, waiting, body):
    assert operator.post(f"{URL}/{waiting}/approve", json=body).status_code == 422


def test_who_may_only_read_says_nothing(reader, waiting):
    for verb in ("approve", "reject", "run"):
        assert reader.post(f"{URL}/{waiting}/{verb}", json={"why": "x"}).status_code == 403


def test_another_projects_is_not_there(as_role, other_project, waiting):
    stranger = as_role("operate", other_project.id)
    assert ids(stranger.get(URL)) == []
    assert stranger.get(f"{URL}/{waiting}").status_code == 404
    assert stranger.post(f"{URL}/{waiting}/approve", json={"why": "x"}).status_code == 404


def test_the_figures_are_in_the_stats_and_the_report(reader, database, clock, project):
    made(database, clock, project, state="recovered", step="verified")
    clock.advance(60)
    stats = reader.get("/api/v1/stats").json()
    assert (stats["recovery_rate"], stats["mean_time_to_recovery"]) == (1.0, 30.0)
    assert stats["recovery"]["by_component"]["checkout"]["automatic_share"] == 1.0
    report = reader.get(f"{URL}/report").json()
    assert report["aims"][0] == {
        "name": "Recovery rate",
        "figure": "recovery_rate",
        "value": 1.0,
        "aim": 0.98,
        "met": True,
    }
    text = reader.get(f"{URL}/report.md")
    assert text.headers["content-type"].startswith("text/markdown")
    assert "| Recovery rate | 100.0% |" in text.text


def test_a_report_of_the_first_days_there_are_is_empty(reader):
    report = reader.get(f"{URL}/report?until=0001-01-02T00:00:00Z")
    assert report.status_code == 200


def test_an_event_tells_its_recoveries(reader, rows, database, clock, project):
    issue = rows.issue()
    event = rows.event(issue)
    recovery_id = made(database, clock, project, issue_id=issue.id)
    found = reader.get(f"/api/v1/events/{event.event_id}").json()["recovery"]
    assert [(int(each["id"]), each["state"]) for each in found] == [
        (recovery_id, "awaiting_approval")
    ]

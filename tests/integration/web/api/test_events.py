import uuid

CONTRACT = {
    "event_id", "project_id", "issue_id", "issue_key", "title", "culprit", "level", "category",
    "family", "transient", "severity", "component", "received_at", "timestamp", "payload",
    "recovery",
}  # fmt: skip


def test_an_event_has_the_fields_of_the_contract(reader, rows):
    issue = rows.issue()
    event = rows.event(issue)
    found = reader.get(f"/api/v1/events/{event.event_id.hex}").json()
    assert found.keys() >= CONTRACT
    assert found["event_id"] == event.event_id.hex
    assert (found["project_id"], found["issue_id"]) == (str(issue.project_id), str(issue.id))
    assert found["payload"] == {"message": "no 0"}
    assert (found["issue_key"], found["title"]) == ("k", "Boom: twice")
    assert found["received_at"] == "2026-03-01T12:00:00.000Z"
    assert found["recovery"] == []
    assert found["analysis"]["why"] == ["frame"]


def test_both_ways_to_write_an_event_id_are_read(reader, rows):
    event = rows.event(rows.issue())
    assert reader.get(f"/api/v1/events/{event.event_id}").status_code == 200


def test_a_thinned_event_has_no_payload_but_its_row(reader, rows):
    issue = rows.issue()
    event = rows.event(issue, thinned=True, payload=None)
    found = reader.get(f"/api/v1/events/{event.event_id.hex}").json()
    assert (found["payload"], found["thinned"]) == (None, True)
    assert (found["title"], found["issue_key"]) == (issue.title, f"key-{issue.id}")


def test_an_event_of_a_merged_issue_is_in_the_one_that_took_it_over(operator, rows):
    target, source = rows.issue(1), rows.issue(2)
    event = rows.event(source)
    operator.post(f"/api/v1/issues/{target.id}/merge", json={"issues": [str(source.id)]})
    found = operator.get(f"/api/v1/events/{event.event_id.hex}").json()
    assert found["issue_id"] == str(target.id)


def test_an_unknown_event_is_not_there(reader):
    answer = reader.get(f"/api/v1/events/{uuid.uuid4().hex}")
    assert answer.status_code == 404
    assert "hint" not in answer.json()


def test_an_event_that_waits_for_its_digestion_is_pending(reader, rows):
    answer = reader.get(f"/api/v1/events/{rows.waiting().event_id.hex}")
    assert (answer.status_code, answer.json()["hint"]) == (404, "pending")
    assert answer.headers["retry-after"] == "1"


def test_what_is_no_event_id_is_refused(reader):
    assert reader.get("/api/v1/events/latest").status_code == 422


def test_a_key_of_one_project_sees_its_events_only(as_role, rows, other_project):
    event = rows.event(rows.issue())
    waiting = rows.waiting()
    scoped = as_role("read", other_project.id)
    assert scoped.get(f"/api/v1/events/{event.event_id.hex}").status_code == 404
    assert "hint" not in scoped.get(f"/api/v1/events/{waiting.event_id.hex}").json()

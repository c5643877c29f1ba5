import pytest

from core.model import AuditEntry
from core.store import switches
from core.store.switches import Change

PATH = "/api/v1/switches"
SET = {"value": True, "why": "the mirror is enough"}


@pytest.fixture
def application(as_role, project):
    """What a service has that reports its errors: a key for that and no more."""
    return as_role("ingest", project.id)


@pytest.fixture
def operate(as_role, project):
    return as_role("operate", project.id)


def read(client, **headers):
    return client.get(PATH, headers=headers)


def test_what_an_operator_sets_an_application_reads(operate, application, project):
    answer = operate.put(f"{PATH}/checkout.fallback", json=SET | {"value": {"rate": 5}})
    assert (answer.status_code, answer.json()["value"]) == (200, {"rate": 5})
    assert read(application).json() == {
        "project_id": str(project.id),
        "switches": {"checkout.fallback": {"rate": 5}},
    }


def test_nothing_new_is_answered_in_no_bytes(operate, application):
    operate.put(f"{PATH}/a", json=SET)
    etag = read(application).headers["etag"]
    again = read(application, **{"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    operate.put(f"{PATH}/a", json=SET | {"value": False})
    changed = read(application, **{"If-None-Match": etag})
    assert (changed.status_code, changed.json()["switches"]) == (200, {"a": False})


def test_a_switch_ends_by_itself_and_by_hand(operate, application, clock):
    operate.put(f"{PATH}/a", json=SET | {"for_seconds": 60})
    operate.put(f"{PATH}/b", json=SET)
    clock.advance(61)
    assert read(application).json()["switches"] == {"b": True}
    assert operate.delete(f"{PATH}/b", params={"why": "over"}).json() == {"name": "b"}
    assert read(application).json()["switches"] == {}
    assert operate.delete(f"{PATH}/b", params={"why": "over"}).status_code == 404


def test_what_others_changed_is_read_a_second_later(application, database, clock, project):
    assert read(application).json()["switches"] == {}
    with database.transaction() as session:
        switches.put(session, Change(project.id, "a", "recovery", "x"), 1, now=clock.now())
    assert read(application).json()["switches"] == {}
    clock.advance(1)
    assert read(application).json()["switches"] == {"a": 1}


def test_history_and_audit_tell_who_and_why(operate, database):
    operate.put(f"{PATH}/a", json=SET)
    operate.delete(f"{PATH}/a", params={"why": "over"})
    gone, made = operate.get(f"{PATH}/changes").json()
    assert (made["old"], made["new"], made["why"]) == (None, True, "the mirror is enough")
    assert (gone["old"], gone["new"], gone["why"]) == (True, None, "over")
    with database.transaction() as session:
        acts = [entry.act for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert acts == ["switch.set", "switch.unset"]


def test_a_repeat_with_the_same_key_changes_nothing(operate):
    headers = {"Idempotency-Key": "once"}
    first = operate.put(f"{PATH}/a", json=SET, headers=headers)
    again = operate.put(f"{PATH}/a", json=SET, headers=headers)
    assert again.json() == first.json()
    assert len(operate.get(f"{PATH}/changes").json()) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"value": 1}, {"value": None, "why": "x"}, SET | {"x": 1}, SET | {"value": "x" * 9000}],
)
def test_what_is_no_switch_is_refused(operate, body):
    assert operate.put(f"{PATH}/a", json=body).status_code == 422
    assert operate.get(f"{PATH}/changes").json() == []


@pytest.mark.parametrize("name", ["a b", "-a", "changes", "x" * 201])
def test_names_have_a_form(operate, name):
    assert operate.put(f"{PATH}/{name}", json=SET).status_code == 422


def test_applications_and_readers_only_read(application, operate, as_role, project):
    assert application.put(f"{PATH}/a", json=SET).status_code == 403
    assert application.get(f"{PATH}/changes").status_code == 403
    assert as_role("read", project.id).put(f"{PATH}/a", json=SET).status_code == 403
    operate.put(f"{PATH}/a", json=SET)
    assert operate.get(f"{PATH}/a").json()["why"] == "the mirror is enough"


def test_a_key_of_the_platform_names_the_project(operate, reader, project):
    operate.put(f"{PATH}/a", json=SET)
    assert reader.get(PATH).status_code == 422
    assert reader.get(PATH, params={"project": project.id}).json()["switches"] == {"a": True}


def test_switches_of_another_project_are_not_there(operate, as_role, project, other_project):
    operate.put(f"{PATH}/a", json=SET)
    stranger, asked = as_role("operate", other_project.id), {"project": project.id}
    assert read(stranger).json()["switches"] == {}
    assert stranger.get(PATH, params=asked).status_code == 404
    assert stranger.put(f"{PATH}/a", json=SET, params=asked).status_code == 404
    assert stranger.get(f"{PATH}/a", params=asked).status_code == 404

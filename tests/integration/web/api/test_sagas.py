import pytest
from sqlalchemy import select

from core.model import AuditEntry, WorkItem
from core.sagas import Saga, Step
from tasks.sagas import registry

PLACE = "/api/v1/sagas"
TRIP = {"name": "trip", "arguments": {"to": "sea"}}


@pytest.fixture(autouse=True)
def _trip():
    registry.add(Saga("trip", [Step("flight", dict, dict), Step("hotel", dict)], deadline=60))


@pytest.fixture
def started(operator):
    answer = operator.post(PLACE, json=TRIP)
    assert answer.status_code == 201
    return answer.json()["id"]


def test_a_saga_is_begun_with_its_first_step(reader, started, database):
    shown = reader.get(f"{PLACE}/{started}").json()
    assert (shown["state"], shown["steps"], shown["turns"]) == ("running", ["flight", "hotel"], [])
    assert shown["arguments"] == {"to": "sea"}
    assert shown["deadline_at"] == "2026-03-01T12:01:00.000Z"
    with database.transaction() as session:
        work = session.scalars(select(WorkItem)).one()
    assert work.arguments == {"saga_id": int(started), "position": 0, "direction": "do"}
    assert [each["id"] for each in reader.get(f"{PLACE}?state=running&name=trip").json()] == [
        started
    ]


def test_a_key_begins_one_saga(operator):
    ids = {operator.post(PLACE, json=TRIP | {"unique_key": "o-1"}).json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_a_cancelled_saga_that_did_nothing_is_compensated_at_once(operator, started, database):
    assert operator.post(f"{PLACE}/{started}/cancel").json()["state"] == "compensated"
    again = operator.post(f"{PLACE}/{started}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "ML-SAGA-0003")
    assert operator.post(f"{PLACE}/{started}/resume").status_code == 409
    with database.transaction() as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts[-2:] == ["saga.start", "saga.cancel"]


def test_what_is_not_known_is_refused(operator, reader):
    strange = operator.post(PLACE, json={"name": "strange"})
    assert (strange.status_code, strange.json()["code"]) == (422, "ML-SAGA-0007")
    assert "no saga strange" in strange.json()["detail"]
    assert "trip" in strange.json()["detail"].partition("known: ")[2].rstrip(".").split(", ")
    assert operator.post(PLACE, json=TRIP | {"step": 3}).status_code == 422
    assert reader.get(f"{PLACE}/77").json()["code"] == "ML-REF-0061"
    assert reader.post(PLACE, json=TRIP).status_code == 403

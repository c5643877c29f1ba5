from datetime import timedelta

import pytest

from core.alerts.evaluation import Evaluator
from core.model import AuditEntry, WorkItem
from core.store import components
from core.store.components import Delta, Slot

URL = "/api/v1/alerts"
RULES = "/api/v1/alert-rules"
RULE = {
    "name": "Cart fails",
    "measure": "component.failures",
    "over": "5m",
    "above": {"high": 10},
    "owner": "shop team",
}


@pytest.fixture
def rule(admin):
    answer = admin.post(RULES, json={"rule": RULE})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def look(database, clock):
    evaluator = Evaluator()

    def look(after=2, **counts):
        with database.transaction() as session:
            if counts:
                minute = clock.now().replace(second=0, microsecond=0)
                project_id = counts.pop("project_id")
                slot = Slot(project_id, "cart", minute)
                components.add(session, [(slot, Delta(**counts))])
        clock.advance(after)
        with database.transaction() as session:
            evaluator.tick(session, clock.now())

    return look


@pytest.fixture
def firing(rule, look, project, reader):
    look(project_id=project.id, failures=11)
    (found,) = reader.get(URL).json()
    return found["id"]


def test_an_alert_tells_how_it_came_to_be(reader, firing, rule, project):
    found = reader.get(f"{URL}/{firing}").json()
    assert (found["state"], found["severity"], found["component"]) == ("firing", "high", "cart")
    assert (found["rule_id"], found["project_id"]) == (rule["id"], str(project.id))
    assert found["annotations"]["owner"] == "shop team"
    assert [each["new"] for each in found["transitions"]] == ["firing"]
    assert found["transitions"][0]["reason"] == "component.failures is 11, above 10"


def test_the_list_and_its_filters(reader, firing):
    def ids(query):
        return [each["id"] for each in reader.get(f"{URL}?{query}").json()]

    assert ids("state=firing&severity=high&rule=Cart fails&label=component=cart") == [firing]
    assert ids("state=resolved") == ids("label=component=mail") == []
    assert reader.get(f"{URL}?label=component").status_code == 422


def test_acknowledged_assigned_noted_and_sent_away(operator, firing, database, look):
    acknowledged = operator.post(f"{URL}/{firing}/ack", json={"why": "on it"}).json()
    assert (acknowledged["state"], acknowledged["transitions"][1]["reason"]) == (
        "acknowledged",
        "on it",
    )
    assert operator.post(f"{URL}/{firing}/assign", json={"assignee": "ana"}).json()["assignee"]
    noted = operator.post(f"{URL}/{firing}/notes", json={"text": "a bad deploy"})
    assert noted.json()["notes"][0]["text"] == "a bad deploy"
    assert operator.post(f"{URL}/{firing}/resolve").json()["state"] == "resolved"
    look()  # it is as bad as before, and stays away
    assert [each["id"] for each in operator.get(f"{URL}?state=firing").json()] == []
    with database.transaction() as session:
        acts = session.query(AuditEntry.act).filter(AuditEntry.subject == "alert").all()
        flushes = session.query(WorkItem).filter(WorkItem.task == "alerts.flush").count()
    assert {act for (act,) in acts} == {
        "alert.acknowledged",
        "alert.assigned",
        "alert.noted",
        "alert.resolved",
    }
    assert flushes == 1  # of one second


def test_what_is_over_cannot_be_acknowledged(operator, firing):
    operator.post(f"{URL}/{firing}/resolve")
    assert operator.post(f"{URL}/{firing}/ack").status_code == 409
    assert operator.post(f"{URL}/999/ack").status_code == 404


def test_readers_look_only(reader, firing):
    assert reader.post(f"{URL}/{firing}/ack").status_code == 403
    assert reader.post(RULES, json={"rule": RULE}).status_code == 403


def test_a_rule_in_all_its_versions(admin, reader, rule):
    again = admin.put(f"{RULES}/{rule['id']}", json={"rule": RULE | {"above": 20}}).json()
    resting = admin.patch(f"{RULES}/{rule['id']}", json={"enabled": False}).json()
    assert (again["version"], resting["version"], resting["enabled"]) == (2, 3, False)
    history = reader.get(f"{RULES}/{rule['id']}/history").json()
    assert [each["version"] for each in history] == [3, 2, 1]
    assert admin.post(RULES, json={"rule": RULE}).status_code == 409
    assert admin.delete(f"{RULES}/{rule['id']}").json() == {"name": "Cart fails", "removed": True}
    assert reader.get(f"{RULES}/{rule['id']}").status_code == 404


def test_what_is_wrong_with_a_rule_is_told(admin, reader):
    answer = admin.post(RULES, json={"rule": RULE | {"measure": "component.failurs"}})
    assert answer.status_code == 422
    assert "Did you mean 'component.failures'?" in answer.text
    checked = reader.post(f"{RULES}/check", json={"content": "rules:\n  - name: x\n"}).json()
    assert (checked["usable"], checked["rules"]) == (False, [])
    assert checked["problems"][0]["line"] == 2


def test_a_rule_that_rests_ends_its_alerts(admin, reader, rule, firing, look):
    admin.patch(f"{RULES}/{rule['id']}", json={"enabled": False})
    look(after=timedelta(seconds=2).total_seconds())
    assert reader.get(f"{URL}/{firing}").json()["state"] == "resolved"

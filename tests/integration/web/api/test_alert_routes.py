"""Where an alert would go, and who is on duty, before there is one."""

import pytest

from core.access.audit import Actor
from core.alerts import silencing
from core.alerts.silence import Scope
from core.alerts.silencing import NewSilence

ROUTES = """
channels:
  ops: {type: console}
  ana-mail: {type: console}
route:
  channels: [ops]
  routes: [{name: paged, severity: [critical], oncall: primary}]
oncall:
  people: {ana: [ana-mail]}
  rotas: {primary: {people: [ana]}}
"""


@pytest.fixture
def settings(settings, tmp_path):
    (tmp_path / "alerts.yaml").write_text(ROUTES)
    return settings.model_copy(update={"alerts_file": tmp_path / "alerts.yaml"})


def ask(reader, **labels):
    return reader.post("/api/v1/alert-routes/test", json={"labels": labels}).json()


def test_where_it_would_go(reader, database, clock):
    paged = ask(reader, alertname="down", severity="critical")["routes"]
    assert [(each["route"], each["channels"]) for each in paged] == [
        ("default/paged", ["ana-mail"])
    ]
    assert ask(reader, alertname="down", severity="low")["routes"][0]["channels"] == ["ops"]
    with database.transaction() as session:
        new = NewSilence(scope=Scope.RULE, subject="down", reason="known")
        made = silencing.create(session, new, actor=Actor("ann"), now=clock.now()).id
    assert ask(reader, alertname="down")["silenced_by"] == str(made)


def test_who_is_on_duty(reader):
    (duty,) = reader.get("/api/v1/alert-routes/on-duty").json()
    assert (duty["person"], duty["channels"]) == ("ana", ["ana-mail"])


def test_silences_of_another_project_are_not_told(as_role, project, other_project):
    silence = {"matchers": ['component="pay"'], "reason": "known", "until_resolved": True}
    made = as_role("operate", other_project.id).post("/api/v1/silences", json=silence).json()
    body = {"labels": {"component": "pay"}, "project": str(other_project.id)}
    path = "/api/v1/alert-routes/test"
    assert as_role("read").post(path, json=body).json()["silenced_by"] == made["id"]
    assert as_role("read", project.id).post(path, json=body).status_code == 404

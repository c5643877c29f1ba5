import pytest

from tests.installed import OFF_HOURS, PAGING, install_plugin, words_learnt_anew
from tests.integration.core.rows import add_event, add_issue

POLICY = "[modes]\nwebhook = 'auto'\n\n[[rule]]\nname = 'one'\nstrategies = ['restart']\n"


@pytest.fixture
def place(project):
    return f"/api/v1/policies/{project.id}"


def test_policies_are_put_read_and_taken_away(operator, place):
    made = operator.put(f"{place}/current", json={"content": POLICY}).json()
    assert (made["version"], made["component"], made["warnings"]) == (1, "", [])
    about = {"params": {"component": "checkout"}}
    assert operator.put(f"{place}/current", json={"content": POLICY}, **about).status_code == 200
    assert [each["component"] for each in operator.get(place).json()] == ["", "checkout"]
    assert operator.delete(f"{place}/current", **about).json()["version"] == 2
    assert operator.get(f"{place}/current", **about).status_code == 404
    assert operator.get(f"{place}/current").json()["content"] == POLICY
    history = operator.get(f"{place}/history", **about).json()
    assert [each["version"] for each in history] == [2, 1]


def test_a_policy_names_what_plug_ins_add(operator, place, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    install_plugin(tmp_path, "off_hours_plugin", OFF_HOURS)
    with words_learnt_anew():
        made = operator.put(f"{place}/current", json={"content": PAGING}).json()
        assert (made["version"], made["warnings"]) == (1, [])
        (held,) = operator.get("/api/v1/policies").json()
    assert held["rules"] == ["one"]


def test_what_is_wrong_is_told_by_line(operator, place):
    wrong = POLICY.replace("restart", "restrat")
    problem = operator.put(f"{place}/current", json={"content": wrong}).json()
    assert problem["code"] == "ML-VAL-0040"
    assert [(each["line"], each["where"]) for each in problem["errors"]] == [(6, "rule 'one'")]
    checked = operator.post("/api/v1/policies/check", json={"content": wrong}).json()
    assert checked["usable"] is False
    assert "Did you mean 'restart'?" in checked["problems"][0]["remedy"]


def test_readers_read_and_keys_of_one_project_do_not_write(reader, as_role, project, place):
    assert reader.get(place).json() == []
    assert reader.put(f"{place}/current", json={"content": POLICY}).status_code == 403
    owner = as_role("operate", project.id)
    assert owner.put(f"{place}/current", json={"content": POLICY}).status_code == 403
    assert owner.delete(f"{place}/current").status_code == 403


def test_policies_of_another_project_are_not_there(as_role, place, other_project):
    assert as_role("read", other_project.id).get(place).status_code == 404


def test_the_policies_in_force_of_all_projects(operator, as_role, project, other_project):
    for each in (project, other_project):
        path = f"/api/v1/policies/{each.id}/current"
        operator.put(path, json={"content": POLICY})
        operator.put(path, params={"component": "gone"}, json={"content": POLICY})
        operator.delete(path, params={"component": "gone"})
    found = operator.get("/api/v1/policies")
    assert {each["project_id"] for each in found.json()} == {str(project.id), str(other_project.id)}
    assert {(*each["rules"], each["modes"]["webhook"]) for each in found.json()} == {
        ("one", "auto")
    }
    assert "link" in found.headers
    (own,) = as_role("read", project.id).get("/api/v1/policies").json()
    assert own["project_id"] == str(project.id)


def test_the_shipped_policy(reader):
    assert "[[rule]]" in reader.get("/api/v1/policies/shipped").json()["content"]


def supposed(project, **values):
    return {"project_id": str(project.id), "category": "connection", **values}


def test_a_supposed_failure_is_explained(operator, reader, project, place):
    found = reader.post("/api/v1/policies/explain", json=supposed(project)).json()
    assert (found["rule"]["name"], found["policy"]["layer"]) == ("away", "shipped")
    assert [found["chain"][0][key] for key in ("strategy", "does")] == ["retry", "watch"]
    operator.put(f"{place}/current", json={"content": POLICY})
    found = reader.post("/api/v1/policies/explain", json=supposed(project)).json()
    assert (found["rule"]["name"], found["policy"]) == ("one", {"layer": "project", "version": 1})


@pytest.mark.parametrize("values", [{"category": "weather"}, {"colour": "red"}])
def test_what_cannot_be_supposed(reader, project, values):
    answer = reader.post("/api/v1/policies/explain", json=supposed(project, **values))
    assert answer.status_code == 422


def test_an_event_is_explained_to_who_may_see_it(reader, as_role, database, project, other_project):
    with database.transaction() as session:
        issue = add_issue(session, project.id, category="auth", transient=False)
        event = add_event(session, issue, category="auth", transient=False)
    path = f"/api/v1/policies/explain/{event}"
    found = reader.get(path).json()
    assert found["situation"]["category"] == "auth"
    assert found["chain"][-1]["does"] == "escalate"
    assert as_role("read", other_project.id).get(path).status_code == 404

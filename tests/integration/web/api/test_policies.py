import pytest

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

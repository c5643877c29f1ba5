import uuid

import pytest

RULES = "[[grouping]]\nname = 'one'\nmatch.message = 'no *'\nfingerprint = ['x']\n"


@pytest.fixture
def place(project):
    return f"/api/v1/projects/{project.id}/rules"


def test_rules_are_put_read_and_taken_away(operator, place):
    made = operator.put(place, json={"content": RULES}).json()
    assert (made["version"], made["warnings"], made["hits"]) == (1, [], {})
    assert operator.get(place).json()["content"] == RULES
    assert operator.delete(place).json()["version"] == 2
    assert operator.get(place).status_code == 404
    assert operator.get(place, params={"version": 1}).json()["content"] == RULES
    history = operator.get(f"{place}/history").json()
    assert [each["version"] for each in history] == [2, 1]
    assert history[0]["author"].startswith("key:")


def test_what_is_wrong_is_told_by_line(operator, place):
    answer = operator.put(place, json={"content": RULES.replace("message", "mesage")})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "ML-VAL-0030")
    assert [(each["line"], each["where"]) for each in problem["errors"]] == [(3, "rule 'one'")]


def test_readers_read_and_only_operators_write(reader, place):
    assert reader.put(place, json={"content": RULES}).status_code == 403
    assert reader.delete(place).status_code == 403
    assert reader.get(f"{place}/history").json() == []


def test_rules_of_another_project_are_not_there(as_role, place, other_project):
    stranger = as_role("operate", other_project.id)
    assert stranger.put(place, json={"content": RULES}).status_code == 404
    assert stranger.get(place).status_code == 404
    assert stranger.post(f"{place}/preview", json={"content": RULES}).status_code == 404


def test_a_preview_tells_what_would_be_merged(reader, place, rows):
    first, second = rows.issue(1), rows.issue(2)
    rows.event(first)
    rows.event(second)
    found = reader.post(f"{place}/preview", json={"content": RULES}).json()
    assert (found["events"], found["moved"], found["complete"]) == (2, 2, True)
    (merged,) = found["merged"]
    assert {part["place"]["issue_id"] for part in merged["parts"]} == {
        str(first.id),
        str(second.id),
    }
    assert reader.get(place).status_code == 404


def test_a_preview_is_bounded(reader, place):
    wrong = reader.post(f"{place}/preview", json={"content": RULES, "limit": 10**6})
    assert wrong.status_code == 422


def test_an_event_says_why(reader, rows):
    event = rows.event(rows.issue())
    found = reader.get(f"/api/v1/events/{event.event_id.hex}/why").json()
    assert (found["issue_key"], found["parts"], found["rule"]) == ("k", ["frame"], None)
    assert found["in_words"]
    assert reader.get(f"/api/v1/events/{uuid.uuid4().hex}/why").status_code == 404

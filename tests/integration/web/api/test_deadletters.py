import pytest


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()]


@pytest.fixture
def letter(rows):
    return rows.letter()


def test_a_letter_is_shown_with_its_secrets_masked(reader, letter):
    answer = reader.get(f"/api/v1/deadletters/{letter}")
    found = answer.json()
    assert (found["task"], found["reason"]) == ("alerts.deliver", "exhausted")
    assert found["arguments"]["kwargs"]["channel"] == 3
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["b", "a"]),
        ("state=open", ["b", "a"]),
        ("state=replayed", []),
        ("task=maintenance.vacuum", ["b"]),
        ("reason=poison", ["b"]),
        ("query=timeouterror", ["b", "a"]),
        ("query=vacuum+took", ["b"]),
        ("queue=maintenance", ["b"]),
        ("queue=alerts&queue=maintenance", ["b", "a"]),
        ("since=2026-03-01T12:00:00Z", ["b", "a"]),
        ("until=2026-03-01T12:00:00Z", []),
        ("project=4711", []),
        ("limit=1", ["b"]),
    ],
)
def test_filters(reader, rows, query, names):
    known = {
        "a": rows.letter("a"),
        "b": rows.letter("b", task="maintenance.vacuum", reason="poison", queue="maintenance"),
    }
    found = ids(reader.get(f"/api/v1/deadletters?{query}"))
    assert found == [str(known[name]) for name in names]


def test_a_replay_becomes_work_and_a_message(operator, letter, sender):
    answer = operator.post(f"/api/v1/deadletters/{letter}/replay")
    assert answer.status_code == 200, answer.text
    (message,) = sender.messages
    assert (message.task, message.queue) == ("alerts.deliver", "alerts")
    assert answer.json() == {"id": str(letter), "work_id": str(message.work_id)}
    found = operator.get(f"/api/v1/deadletters/{letter}").json()
    assert (found["state"], found["replayed_as"]) == ("replayed", str(message.work_id))
    assert found["closed_by"].startswith("key:")


def test_a_letter_is_replayed_once(operator, letter, sender):
    operator.post(f"/api/v1/deadletters/{letter}/replay")
    answer = operator.post(f"/api/v1/deadletters/{letter}/replay")
    assert (answer.status_code, answer.json()["code"]) == (409, "ML-DEAD-0002")
    assert len(sender.messages) == 1


def test_a_replay_may_replace_arguments_and_queue(operator, database, letter, sender):
    body = {"kwargs": {"channel": 4}, "queue": "maintenance"}
    work_id = operator.post(f"/api/v1/deadletters/{letter}/replay", json=body).json()["work_id"]
    assert sender.messages[0].queue == "maintenance"
    with database.engine.begin() as connection:
        sql = "SELECT arguments FROM work_items WHERE id = %s"
        assert connection.exec_driver_sql(sql, (int(work_id),)).scalar() == {"channel": 4}


def test_unknown_fields_of_a_replay_are_refused(operator, letter, sender):
    body = {"kwarg": {"channel": 4}}
    answer = operator.post(f"/api/v1/deadletters/{letter}/replay", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/kwarg"
    assert not sender.messages


def test_an_edit_stands_beside_the_letter(operator, letter, sender):
    place = f"/api/v1/deadletters/{letter}"
    answer = operator.patch(place, json={"kwargs": {"channel": 4, "password": "hunter3"}})
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert found["arguments"]["kwargs"]["channel"] == 3
    assert found["edits"][0]["arguments"]["kwargs"]["channel"] == 4
    assert "hunter" not in answer.text
    (act,) = found["acts"]
    assert (act["act"], act["address"]) == ("edited", "testclient")
    assert act["actor"].startswith("key:")


@pytest.mark.parametrize("body", [{}, {"kwargs": {}, "arg": []}, {"queue": ""}], ids=str)
def test_an_edit_that_says_nothing_is_refused(operator, letter, body):
    answer = operator.patch(f"/api/v1/deadletters/{letter}", json=body)
    assert answer.status_code == 422


def test_groups(reader, rows):
    rows.letter("one"), rows.letter("two", reason="poison")
    rows.letter("three", task="maintenance.vacuum")
    found = reader.get("/api/v1/deadletters/groups?task=alerts.deliver").json()
    assert [each["letters"] for each in found] == [1, 1]
    answer = reader.get("/api/v1/deadletters/groups?limit=1")
    assert answer.json()[0]["task"] == "maintenance.vacuum"
    again = reader.get(answer.links["next"]["url"]).json()
    assert again[0]["task"] == "alerts.deliver"


def test_many_are_replayed_by_a_filter_in_a_run(operator, rows, sender):
    rows.letter("good"), rows.letter("other", reason="poison")
    odd = rows.letter("odd", arguments={"args": [1], "kwargs": {}})
    body = {"reason": ["exhausted"], "rate": 4, "dry_run": True}
    told = operator.post("/api/v1/deadletters/replay", json=body).json()["preview"]
    assert (told["letters"], told["seconds"]) == (2, 0.5)
    assert [each["id"] for each in told["refused"]] == [str(odd)]
    assert not sender.messages
    answer = operator.post("/api/v1/deadletters/replay", json=body | {"dry_run": False})
    run = answer.json()["run"]
    assert (run["state"], run["matched"]) == ("running", 2)
    assert [message.task for message in sender.messages] == ["deadletter.advance"]


@pytest.mark.parametrize("rate", [0, -1, 1e-300, 1e-6, 1001])
def test_a_rate_of_which_nothing_comes_is_refused(operator, rows, rate):
    rows.letter("good")
    answer = operator.post("/api/v1/deadletters/replay", json={"queue": ["alerts"], "rate": rate})
    assert answer.status_code == 422


def test_a_run_is_shown_and_stopped(operator, rows):
    rows.letter("good")
    run = operator.post("/api/v1/deadletters/replay", json={"queue": ["alerts"]}).json()["run"]
    assert ids(operator.get("/api/v1/deadletters/replays")) == [run["id"]]
    place = f"/api/v1/deadletters/replays/{run['id']}"
    assert operator.post(f"{place}/stop").json()["state"] == "stopped"
    assert operator.post(f"{place}/stop").status_code == 409
    assert [each["act"] for each in operator.get(place).json()["acts"]] == ["started", "stopped"]


def test_many_are_discarded_by_a_filter(operator, rows):
    found = rows.letter("good")
    rows.letter("other", reason="poison")
    body = {"reason": ["exhausted"], "close_reason": "old"}
    answer = operator.post("/api/v1/deadletters/discard", json=body)
    assert answer.json() == {"discarded": [str(found)], "refused": []}


@pytest.mark.parametrize("act", ["replay", "discard"])
@pytest.mark.parametrize("body", [{}, {"query": "  "}, {"project": ["1"]}], ids=str)
def test_nothing_chosen_changes_nothing(operator, letter, sender, act, body):
    assert operator.post(f"/api/v1/deadletters/{act}", json=body).status_code == 422
    assert not sender.messages


def test_a_letter_is_discarded_with_a_reason(operator, letter):
    answer = operator.delete(f"/api/v1/deadletters/{letter}?close_reason=test+data")
    assert answer.json()["state"] == "discarded"
    assert answer.json()["close_reason"] == "test data"
    assert operator.delete(f"/api/v1/deadletters/{letter}").status_code == 409


def test_a_key_of_one_project_sees_its_letters_only(as_role, rows, letter, other_project, sender):
    scoped = as_role("operate", other_project.id)
    own = rows.letter("own", project_id=other_project.id)
    rows.letter("of nobody", project_id=None)
    assert ids(scoped.get("/api/v1/deadletters")) == [str(own)]
    place = f"/api/v1/deadletters/{letter}"
    assert scoped.get(place).status_code == 404
    assert scoped.post(f"{place}/replay").status_code == 404
    assert scoped.delete(place).status_code == 404
    assert scoped.patch(place, json={"kwargs": {}}).status_code == 404
    many = scoped.post("/api/v1/deadletters/replay", json={"ids": [str(letter)]})
    assert many.json()["run"]["matched"] == 0
    assert not sender.messages


def test_a_key_of_one_project_sees_its_runs_only(as_role, operator, other_project, letter):
    run = operator.post("/api/v1/deadletters/replay", json={"ids": [str(letter)]}).json()["run"]
    scoped = as_role("operate", other_project.id)
    assert ids(scoped.get("/api/v1/deadletters/replays")) == []
    place = f"/api/v1/deadletters/replays/{run['id']}"
    assert scoped.get(place).status_code == 404
    assert scoped.post(f"{place}/stop").status_code == 404

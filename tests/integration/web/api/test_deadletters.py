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
        ("limit=1", ["b"]),
    ],
)
def test_filters(reader, rows, query, names):
    known = {
        "a": rows.letter("a"),
        "b": rows.letter("b", task="maintenance.vacuum", reason="poison"),
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


def test_many_are_replayed_by_a_filter(operator, rows, sender):
    good = rows.letter("good")
    odd = rows.letter("odd", arguments={"args": [1], "kwargs": {}})
    rows.letter("other", reason="poison")
    answer = operator.post("/api/v1/deadletters/replay", json={"reason": ["exhausted"]}).json()
    assert answer["replayed"] == [str(good)]
    assert [each["id"] for each in answer["refused"]] == [str(odd)]
    assert len(sender.messages) == 1
    assert ids(operator.get("/api/v1/deadletters?state=open&reason=exhausted")) == [str(odd)]


def test_nothing_chosen_replays_nothing(operator, letter, sender):
    assert operator.post("/api/v1/deadletters/replay", json={}).status_code == 422
    assert not sender.messages


def test_a_letter_is_discarded_with_a_reason(operator, letter):
    answer = operator.delete(f"/api/v1/deadletters/{letter}?reason=test+data")
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
    many = scoped.post("/api/v1/deadletters/replay", json={"ids": [str(letter)]})
    assert many.json() == {"replayed": [], "refused": []}
    assert not sender.messages

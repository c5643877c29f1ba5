import pytest

from core.access.idempotency import Repeatable

KEY = {"Idempotency-Key": "once"}


def test_a_repeated_request_creates_once(admin):
    first = admin.post("/api/v1/projects", json={"name": "shop"}, headers=KEY)
    again = admin.post("/api/v1/projects", json={"name": "shop"}, headers=KEY)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(admin.get("/api/v1/projects").json()) == 1


def test_a_repeated_act_acts_once(operator, rows, sender):
    place = f"/api/v1/deadletters/{rows.letter()}/replay"
    answers = [operator.post(place, headers=KEY).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(sender.messages) == 1


def test_another_body_under_the_same_key_is_refused(admin):
    admin.post("/api/v1/projects", json={"name": "shop"}, headers=KEY)
    answer = admin.post("/api/v1/projects", json={"name": "bank"}, headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "ML-VAL-0006")


def test_keys_of_others_do_not_meet(admin, anonymous):
    admin.post("/api/v1/projects", json={"name": "shop"}, headers=KEY)
    other = admin.post("/api/v1/keys", json={"role": "admin"}).json()["key"]
    headers = KEY | {"Authorization": f"Bearer {other}"}
    answer = anonymous.post("/api/v1/projects", json={"name": "bank"}, headers=headers)
    assert answer.status_code == 201


def test_what_failed_may_be_tried_again_under_the_same_key(admin, project):
    body = {"name": project.name}
    assert admin.post("/api/v1/projects", json=body, headers=KEY).status_code == 409
    assert admin.post("/api/v1/projects", json={"name": "new"}, headers=KEY).status_code == 201


def test_a_secret_is_not_kept_for_the_repeat(admin, database):
    first = admin.post("/api/v1/keys", json={"role": "read"}, headers=KEY).json()
    again = admin.post("/api/v1/keys", json={"role": "read"}, headers=KEY).json()
    assert again == first | {"key": None}
    with database.engine.begin() as connection:
        kept = connection.exec_driver_sql("SELECT answer::text FROM idempotency_keys").scalar()
    assert first["key"] not in kept


@pytest.mark.parametrize("sent", ["", "x" * 256])
def test_a_key_that_does_not_fit_is_refused(admin, sent):
    headers = {"Idempotency-Key": sent}
    answer = admin.post("/api/v1/projects", json={"name": "shop"}, headers=headers)
    assert answer.status_code == 422


def test_a_request_under_way_is_in_conflict(admin, database):
    assert admin.get("/api/v1/projects").json() == []
    with database.engine.begin() as first:
        mine = first.exec_driver_sql("SELECT id FROM api_keys").scalar()
        lock = Repeatable(f"key:{mine}", "once", "", b"").lock
        first.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (lock,))
        answer = admin.post("/api/v1/projects", json={"name": "shop"}, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (409, "ML-REF-0003")
        assert answer.headers["retry-after"] == "1"
    assert admin.post("/api/v1/projects", json={"name": "shop"}, headers=KEY).status_code == 201

import pytest

from core.store import backups
from core.store.backups import Taken, Tried
from tests.integration.core.rows import NOW

TAKEN = Taken(
    name="b.mendline",
    host="one",
    path="/backups/b.mendline",
    taken_at=NOW,
    seconds=2.5,
    bytes=1000,
    rows=10,
    revision="0025",
    encrypted=False,
    cause="schedule",
)


@pytest.fixture
def backup(database):
    with database.transaction() as session:
        backups.record(session, TAKEN)
        proof = {"checks": [{"name": "rows", "outcome": "ok", "detail": "10"}]}
        backups.tried(
            session, "b.mendline", Tried(ok=True, at=NOW, recovery_seconds=4, proof=proof)
        )
        return backups.get(session, "b.mendline").id


def test_backups_are_listed_with_their_proofs(reader, backup):
    answer = reader.get("/api/v1/backups")
    (listed,) = answer.json()
    assert (listed["state"], listed["recovery_seconds"], listed["id"]) == ("proven", 4, str(backup))
    assert 'rel="next"' in answer.headers["link"]
    assert reader.get(f"/api/v1/backups/{backup}").json() == listed


def test_one_that_is_not_there(reader):
    answer = reader.get("/api/v1/backups/7")
    assert (answer.status_code, answer.json()["code"]) == (404, "ML-BAK-0009")


def test_administrators_order_backups_and_proofs_once(admin, backup, sender):
    headers = {"Idempotency-Key": "one"}
    first = admin.post("/api/v1/backups", headers=headers)
    assert (first.status_code, first.json()["task"]) == (202, "backup.create")
    assert admin.post("/api/v1/backups", headers=headers).json() == first.json()
    assert admin.post(f"/api/v1/backups/{backup}/verify").json()["task"] == "backup.verify"
    entries = admin.get("/api/v1/audit").json()
    assert {"backup.create", "backup.verify"} <= {each["act"] for each in entries}


@pytest.mark.parametrize("path", ["", "/1/verify"])
def test_operators_do_not_order_them(operator, path):
    assert operator.post(f"/api/v1/backups{path}").status_code == 403

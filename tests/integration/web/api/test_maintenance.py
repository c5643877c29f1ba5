import pytest

from core.model import MaintenanceFinding
from core.store import housekeeping


@pytest.fixture
def runs(database, clock):
    with database.transaction() as session:
        for work_id, job in enumerate(("retention", "space", "space"), 1):
            housekeeping.ask(session, job, work_id, now=clock.now())
        housekeeping.begin(session, 3, now=clock.now())
        outcome = {"state": "done", "ended_at": clock.now(), "seconds": 0.5, "amount": 7}
        housekeeping.end(session, 3, outcome)
        housekeeping.postpone(session, 1, "another heavy job is running")


def test_runs_are_listed_newest_first_in_pages(reader, runs):
    first = reader.get("/api/v1/maintenance/runs?limit=2")
    rest = reader.get(first.links["next"]["url"])
    found = first.json() + rest.json()
    assert [(each["job"], each["state"]) for each in found] == [
        ("space", "done"),
        ("space", "postponed"),
        ("retention", "postponed"),
    ]
    assert (found[0]["amount"], found[0]["seconds"]) == (7, 0.5)
    assert found[2]["reason"] == "another heavy job is running"


def test_runs_of_one_job(reader, runs):
    found = reader.get("/api/v1/maintenance/runs?job=retention").json()
    assert [each["job"] for each in found] == ["retention"]


def test_findings_are_listed_the_worst_first(reader, database, clock):
    about = {"summary": "It is so.", "advice": "Do it.", "value": 1, "mark": 1}
    with database.transaction() as session:
        for level in ("warning", "critical"):
            told = {"since": clock.now(), "seen_at": clock.now(), **about}
            session.add(MaintenanceFinding(check="c", subject=level, level=level, **told))
    found = reader.get("/api/v1/maintenance/findings").json()
    assert [each["level"] for each in found] == ["critical", "warning"]

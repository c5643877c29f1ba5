import pytest

from core.model import Agent, Signal, WorkItem


def work(clock, **values):
    plain = {
        "task": "alerts.deliver",
        "arguments": {},
        "queue": "alerts",
        "priority": 5,
        "state": "waiting",
        "due_at": clock.now(),
        "max_attempts": 5,
        "lease_seconds": 60,
        "created_at": clock.now(),
    }
    return WorkItem(**plain | values)


def test_each_queue_tells_its_depth_and_age(reader, rows, clock, sender):
    rows.add(work(clock), work(clock, state="done"))
    rows.waiting()
    clock.advance(30)
    queues = {each["name"]: each for each in reader.get("/api/v1/queues").json()}
    assert set(queues) == {
        "intake", "analysis", "recovery", "alerts", "maintenance", "fixes", "deadletter",
    }  # fmt: skip
    assert (queues["alerts"]["depth"], queues["alerts"]["oldest_seconds"]) == (1, 30.0)
    assert (queues["analysis"]["rows"], queues["analysis"]["oldest_seconds"]) == (1, 30.0)
    assert (queues["fixes"]["depth"], queues["fixes"]["oldest_seconds"]) == (0, None)


def test_work_of_later_does_not_wait_yet(reader, rows, clock):
    rows.add(work(clock, due_at=clock.now().replace(year=2027)))
    queues = {each["name"]: each for each in reader.get("/api/v1/queues").json()}
    assert queues["alerts"]["depth"] == 0


def test_a_broker_that_is_away_is_told_as_such(reader, sender):
    sender.down = True
    answer = reader.get("/api/v1/queues")
    assert (answer.status_code, answer.json()["code"]) == (503, "ML-BRK-0001")


def test_the_fleet(reader, rows, clock):
    agent = Agent(
        pool="ingest", host="a", target=2, running=1, state="growing", seen_at=clock.now()
    )
    rows.add(agent)
    (found,) = reader.get("/api/v1/fleet").json()
    assert (found["pool"], found["target"], found["running"]) == ("ingest", 2, 1)
    assert found["seen_at"] == "2026-03-01T12:00:00.000Z"


@pytest.fixture
def told(rows, project, other_project):
    """Three signals, two of them of the project."""
    kinds = [(project, "new_issue"), (project, "regression"), (other_project, "new_issue")]
    for where, kind in kinds:
        rows.add(Signal(project_id=where.id, kind=kind, at=rows.clock.now()))


def test_signals_by_kind_and_project(reader, as_role, told, project):
    assert len(reader.get("/api/v1/signals").json()) == 3
    assert len(reader.get("/api/v1/signals?kind=new_issue").json()) == 2
    own = as_role("read", project.id).get("/api/v1/signals").json()
    assert [each["kind"] for each in own] == ["regression", "new_issue"]

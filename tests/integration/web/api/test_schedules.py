import pytest

from core import schedules
from core.schedules import Job
from tasks.queues import Queue


@pytest.fixture
def job(database, clock):
    jobs = [
        Job(name="nightly", task="maintenance.retain", queue=Queue.MAINTENANCE, cron="0 3 * * *"),
        Job(name="often", task="alerts.evaluate", queue=Queue.ALERTS, interval=60),
    ]
    with database.transaction() as session:
        schedules.sync(session, jobs, clock.now())
    return "nightly"


def test_jobs_are_listed_with_their_next_run(reader, job):
    listed = {each["job"]: each for each in reader.get("/api/v1/schedules").json()}
    assert listed["nightly"]["next_slot"] == "2026-03-02T03:00:00.000Z"
    assert listed["often"]["interval"] == 60


def test_pause_and_resume(operator, job):
    place = f"/api/v1/schedules/{job}"
    assert operator.post(f"{place}/pause").json()["paused"] is True
    assert operator.get(place).json()["paused"] is True
    assert operator.post(f"{place}/resume").json()["paused"] is False


def test_a_run_at_once_stands_in_the_history(operator, job):
    answer = operator.post(f"/api/v1/schedules/{job}/run")
    assert answer.status_code == 202
    (run,) = operator.get(f"/api/v1/schedules/{job}/runs").json()
    assert (run["cause"], run["slot"]) == ("manual", "2026-03-01T12:00:00.000Z")
    assert run["work_id"] == answer.json()["work_id"]
    assert run["work"]["state"] == "waiting"


def test_the_history_has_pages(operator, clock, job):
    for _ in range(3):
        operator.post("/api/v1/schedules/often/run")
        clock.advance(60)
    newest = operator.get("/api/v1/schedules/often/runs?limit=2")
    onwards = newest.links["next"]["url"]
    found = newest.json() + operator.get(onwards).json()
    slots = [run["slot"] for run in found]
    assert len(slots) == 3
    assert slots == sorted(slots, reverse=True)


@pytest.mark.parametrize("verb", ["pause", "resume", "run"])
def test_an_unknown_job_is_not_there(operator, job, verb):
    answer = operator.post(f"/api/v1/schedules/nothing/{verb}")
    assert (answer.status_code, answer.json()["code"]) == (404, "ML-REF-0019")

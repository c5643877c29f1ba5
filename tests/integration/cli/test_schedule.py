import pytest
from sqlalchemy import select

from core import schedules
from core.clock import SystemClock
from core.model import AuditEntry, WorkItem
from core.schedules import Job


@pytest.fixture(autouse=True)
def job(database):
    with database.transaction() as session:
        now = SystemClock().now()
        job = Job(name="a.job", task="a.task", queue="maintenance", cron="0 3 * * *")
        schedules.sync(session, [job], now)


def test_the_list_has_every_job(ask):
    (listed,) = ask("schedule", "list")
    assert (listed["job"], listed["cron"], listed["paused"]) == ("a.job", "0 3 * * *", False)


def test_pause_and_resume(ask):
    assert ask("schedule", "pause", "a.job")["paused"]
    assert not ask("schedule", "resume", "a.job")["paused"]


def test_run_makes_work(ask, database):
    made = ask("schedule", "run", "a.job")
    with database.transaction() as session:
        work = session.get_one(WorkItem, int(made["work_id"]))
    assert (work.task, work.state) == ("a.task", "waiting")


def test_an_unknown_job_fails(run):
    assert run("schedule", "run", "nothing").exit_code == 1


def test_who_asked_is_known(ask, database):
    for act in ("pause", "resume", "run"):
        ask("schedule", act, "a.job")
    with database.transaction() as session:
        found = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert found == ["job.pause", "job.resume", "job.run"]

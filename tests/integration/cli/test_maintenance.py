import uuid

import pytest
from sqlalchemy import select

from core import schedules
from core.clock import SystemClock
from core.model import AuditEntry, KeptEvent, WorkItem
from core.schedules import Job
from core.store import housekeeping
from tests.integration.core.rows import NOW, add_event, add_issue, add_project


@pytest.fixture(autouse=True)
def job(database):
    with database.transaction() as session:
        job = Job(name="space", task="a.task", queue="maintenance", cron="0 3 * * *")
        schedules.sync(session, [job], SystemClock().now())


def test_the_list_has_every_job_with_its_last_success(ask, database):
    with database.transaction() as session:
        housekeeping.ask(session, "space", 1, now=NOW)
        housekeeping.end(session, 1, {"state": "done", "ended_at": NOW})
    (listed,) = ask("maintenance", "list")
    assert (listed["job"], listed["rhythm"]) == ("space", "0 3 * * *")
    assert listed["last_success"] == "2026-03-01T12:00:00.000Z"
    (run,) = ask("maintenance", "list", "--job", "space")
    assert run["state"] == "done"


def test_a_run_makes_work_and_is_audited(ask, database):
    made = ask("maintenance", "run", "space", "--no-wait")
    with database.transaction() as session:
        assert session.get_one(WorkItem, int(made["work_id"])).task == "a.task"
        assert session.scalars(select(AuditEntry.act)).all() == ["job.run"]
        assert housekeeping.asked_for(session, int(made["work_id"]))


def test_a_run_that_does_not_end_is_told(run):
    assert run("maintenance", "run", "space", "--timeout", "1").exit_code == 1


def test_an_event_is_kept_and_let_go(ask, run, database):
    with database.transaction() as session:
        event_id = add_event(session, add_issue(session, add_project(session)))
    ask("maintenance", "keep", event_id, "--why", "for the post-mortem")
    with database.transaction() as session:
        assert session.scalars(select(KeptEvent.why)).all() == ["for the post-mortem"]
    ask("maintenance", "keep", event_id, "--not")
    with database.transaction() as session:
        assert session.scalars(select(KeptEvent.why)).all() == []
    assert run("maintenance", "keep", uuid.uuid4()).exit_code == 1


def test_findings_are_none_on_a_fresh_database(ask):
    assert ask("maintenance", "findings") == []

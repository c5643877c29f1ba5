from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from celery.app.task import Context
from celery.exceptions import Retry
from celery.utils.threads import LocalStack
from sqlalchemy import event
from structlog.testing import capture_logs

from config.settings import Settings
from core.clock import FixedClock
from core.maintenance.housekeeping import PostponedError
from core.store import work as rows
from core.store.engine import libpq_url
from core.store.work import WorkOrder
from tasks import deadletter, delivery
from tasks.app import Application
from tasks.base import Task
from tasks.runtime import Runtime
from tasks.work import Outcome, Work


@pytest.fixture
def runtime(database_url):
    app = Application("tests", set_as_current=False)
    runtime = Runtime(app, Settings(database_url=database_url))
    yield runtime
    runtime.database.dispose()
    app.close()


def test_what_is_due_goes_by_the_clock_of_the_database(runtime):
    runtime.clock = FixedClock(datetime(2001, 1, 1, tzinfo=UTC))
    assert runtime.ledger.later(60) > datetime.now(UTC)


def test_letters_and_what_became_of_their_replays_have_one_clock(runtime):
    """Else a failure that came after a replay may seem to have come before it."""
    runtime.clock = FixedClock(datetime(2001, 1, 1, tzinfo=UTC))
    told = deadletter._now(Work(runtime, "m1"))
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)


class Idle(Task):
    name = "t.idle"
    runtime = None

    def run(self, work):
        return None


@pytest.fixture
def idle(runtime):
    task = Idle()
    task.runtime = runtime
    return task


def test_a_message_outlives_the_restart_of_the_database(runtime, idle, database_url, monkeypatch):
    monkeypatch.setattr(delivery, "AWAY_PAUSE_SECONDS", 0)
    runtime.ledger.later(0)  # the clock has been asked
    with runtime.database.transaction() as session:
        order = WorkOrder(Idle.name, {}, "alerts")
        added = rows.add(session, order, datetime.now(UTC), publish=True)
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'mendline-tasks' AND datname = current_database()"
        )
    request = Context(id="work-1", hostname="general-1@here")
    found = delivery.execution(idle, request, (), {"work_id": added.work_id})
    assert found.run() is Outcome.DONE


def test_an_attempt_that_began_unheard_is_not_left_to_its_lease(runtime, idle, monkeypatch):
    """The server has committed the start, and its answer is lost on the way."""
    monkeypatch.setattr(delivery, "AWAY_PAUSE_SECONDS", 0)
    with runtime.database.transaction() as session:
        order = WorkOrder(Idle.name, {}, "alerts", max_attempts=1)
        added = rows.add(session, order, datetime.now(UTC), publish=True)
    unheard = []

    def cut(connection, cursor, statement, *_):
        if statement.startswith("UPDATE work_items") and not unheard:
            unheard.append(statement)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    event.listen(runtime.database.engine, "after_cursor_execute", cut)
    request = Context(id="work-1", hostname="general-1@here")
    found = delivery.execution(idle, request, (), {"work_id": added.work_id})
    assert found.run() is Outcome.DONE
    assert unheard
    with runtime.database.transaction() as session:
        row = rows.one(session, added.work_id)
    assert (row.state, row.attempt) == ("done", 1)


class Patient(Idle):
    name = "t.patient"

    def run(self, work):
        raise PostponedError("space waits: another heavy job is running.", retry_after=60)


def test_a_chore_that_waits_is_no_failure(runtime):
    task = Patient()
    task.runtime, task.request_stack = runtime, LocalStack()
    task.push_request(id="work", hostname="general-1@here")
    with runtime.database.transaction() as session:
        order = WorkOrder(Patient.name, {}, "maintenance")
        added = rows.add(session, order, datetime.now(UTC), publish=True)
    with capture_logs() as lines, pytest.raises(Retry):
        task(work_id=added.work_id)
    (line,) = [line for line in lines if line["event"].startswith("task.")]
    assert (line["event"], line["log_level"]) == ("task.postponed", "info")
    with runtime.database.transaction() as session:
        row = rows.one(session, added.work_id)
    assert (row.state, row.attempt) == ("waiting", 0)

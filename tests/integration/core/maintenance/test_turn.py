"""Turns of the jobs: rows of their runs, one heavy job at a time, signals for missed ones."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import schedules
from core.clock import FixedClock
from core.maintenance import missed
from core.maintenance.housekeeping import Chore, PostponedError, Rules
from core.maintenance.turn import House
from core.model import MaintenanceRun, ScheduleRun, Signal, WorkItem
from core.schedules import Job
from core.store import housekeeping
from tests.integration.core.rows import NOW, add_project

pytestmark = pytest.mark.store

HEAVY = Chore("space", heavy=True, amount="rows")


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture
def turn(database, clock):
    house = House(database, clock, Rules())

    def turn(body=lambda: {"rows": 3}, *, work_id=1, chore=HEAVY):
        with database.transaction() as session:
            return house.turn(session, chore, work_id, body)

    return turn


def run(database):
    with database.transaction() as session:
        return session.scalars(select(MaintenanceRun)).one()


def test_a_run_leaves_a_row_with_what_it_did(database, turn, clock):
    turn(lambda: clock.advance(2) or {"rows": 3})
    row = run(database)
    assert (row.job, row.state, row.attempts, row.amount, row.seconds) == ("space", "done", 1, 3, 2)
    assert row.result == {"rows": 3}


def test_a_failure_stands_in_the_row_and_a_repeat_is_the_same_run(database, turn):
    with pytest.raises(ZeroDivisionError):
        turn(lambda: 1 // 0)
    assert run(database).reason.startswith("ZeroDivisionError")
    turn()
    assert (run(database).state, run(database).attempts) == ("done", 2)


def test_a_second_heavy_job_is_postponed_and_takes_its_turn_later(database, turn):
    def second():
        with pytest.raises(PostponedError) as told:
            turn(work_id=2)
        assert told.value.retry_after > 0
        return {}

    turn(second)
    turn(work_id=2)
    with database.transaction() as session:
        second = session.scalars(select(MaintenanceRun).where(MaintenanceRun.work_id == 2)).one()
    assert (second.state, second.postponed) == ("done", 1)


def test_a_heavy_job_waits_while_the_platform_is_behind(database, turn):
    about = {"task": "a.b", "arguments": {}, "queue": "alerts", "priority": 5, "max_attempts": 1}
    since = NOW - timedelta(minutes=5)
    with database.transaction() as session:
        session.add(
            WorkItem(**about, state="waiting", due_at=since, created_at=since, lease_seconds=9)
        )
        schedules.sync(session, [Job(name="space", task="a.b", queue="q", interval=3600)], NOW)
        run = {"job": "space", "cause": "slot", "claimed_at": NOW}
        session.add(ScheduleRun(**run, slot=NOW, work_id=2))
    with pytest.raises(PostponedError):
        turn(work_id=2)
    assert turn(work_id=2, chore=Chore("watch")) == {"rows": 3}
    assert turn(work_id=3) == {"rows": 3}  # of no schedule: somebody ordered it


def test_a_missed_job_is_told_once(database):
    with database.transaction() as session:
        own = add_project(session, "own")
        job = Job(name="space", task="a.b", queue="maintenance", interval=3600)
        schedules.sync(session, [job], NOW - timedelta(days=3))
        for work_id, ago in ((1, timedelta(days=1)), (2, timedelta(minutes=10))):
            housekeeping.ask(session, missed.JOB, work_id, now=NOW - ago)
            up = {"up_since": (NOW - timedelta(days=2)).isoformat()}
            ended = {"state": "done", "ended_at": NOW - ago, "result": up}
            housekeeping.end(session, work_id, ended)
    for _ in range(2):
        with database.transaction() as session:
            assert missed.watch(session, NOW, own_project=own)["missed"] == ["space"]
    with database.transaction() as session:
        assert len(session.scalars(select(Signal.id)).all()) == 1


def test_after_a_silence_nothing_is_missed_yet(database):
    with database.transaction() as session:
        own = add_project(session, "own")
        job = Job(name="space", task="a.b", queue="maintenance", interval=3600)
        schedules.sync(session, [job], NOW - timedelta(days=3))
        assert missed.watch(session, NOW, own_project=own)["missed"] == []

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.schedules import (
    CatchUp,
    Job,
    JobNotFoundError,
    claim_due,
    every,
    get,
    next_due,
    pause,
    resume,
    run_now,
    runs,
    sync,
)
from core.schedules.tidy import tidy


def job(name="clean", **options):
    values = {"task": "t.clean", "queue": "maintenance", "interval": 10.0, **options}
    return Job(name=name, **values)


@pytest.fixture
def synced(database, clock):
    def sync_jobs(*jobs):
        with database.transaction() as session:
            sync(session, jobs, clock.now())

    return sync_jobs


@pytest.fixture
def claim(database, clock):
    def claim_now():
        with database.transaction() as session:
            return claim_due(session, clock.now())

    return claim_now


@pytest.fixture
def work_count(database):
    def count():
        with database.transaction() as session:
            return session.scalar(text("SELECT count(*) FROM work_items"))

    return count


def test_a_slot_is_claimed_once_with_its_work(synced, claim, clock, database):
    synced(job(arguments={"deep": True}, priority=3))
    assert claim() == []
    clock.advance(10)
    (claimed,) = claim()
    assert (claimed.job, claimed.slot, claimed.delay) == ("clean", clock.now(), 0)
    assert claim() == []
    with database.transaction() as session:
        work = session.execute(text("SELECT * FROM work_items")).one()
    assert (work.id, work.state, work.arguments) == (claimed.work_id, "waiting", {"deep": True})


def test_a_claim_that_is_rolled_back_is_made_again(synced, clock, database, claim, work_count):
    synced(job())
    clock.advance(10)
    with database.transaction() as session:
        assert claim_due(session, clock.now())
        session.rollback()
    assert work_count() == 0
    assert len(claim()) == 1


def test_beats_pass_over_what_another_claims(synced, clock, database, claim):
    synced(job("a"), job("b"))
    clock.advance(10)
    with database.transaction() as session:
        assert len(claim_due(session, clock.now(), limit=1)) == 1
        assert len(claim()) == 1
    assert claim() == []


def test_runs_do_not_pile_up(synced, clock, claim, work_count):
    synced(job())
    for _ in range(3):
        clock.advance(10)
        assert len(claim()) == 1
    assert work_count() == 1


def test_every_missed_slot_has_work_of_its_own(synced, clock, claim, work_count):
    synced(job(catch_up=CatchUp.ALL))
    clock.advance(35)
    assert len(claim()) == 3
    assert work_count() == 3


def test_paused_job_rests_and_resumes_without_what_it_missed(synced, clock, database, claim):
    synced(job(catch_up=CatchUp.ALL))
    with database.transaction() as session:
        pause(session, "clean", now=clock.now())
    clock.advance(95)
    assert claim() == []
    with database.transaction() as session:
        resume(session, "clean", now=clock.now())
        assert next_due(session) == clock.now() + timedelta(seconds=5)


def test_run_now_is_a_run_beside_the_rhythm(synced, clock, database):
    synced(job())
    with database.transaction() as session:
        first = run_now(session, "clean", now=clock.now())
        assert run_now(session, "clean", now=clock.now()) == first
        (run,) = runs(session, "clean")
    assert (run.cause, run.work_id) == ("manual", first)


def test_unknown_job_is_told(database, clock):
    with database.transaction() as session, pytest.raises(JobNotFoundError):
        pause(session, "nobody", now=clock.now())


def test_sync_keeps_pause_and_next_slot(synced, clock, database):
    synced(job())
    with database.transaction() as session:
        pause(session, "clean", now=clock.now())
        before = get(session, "clean").next_slot
    clock.advance(100)
    synced(job(priority=1))
    with database.transaction() as session:
        (row,) = every(session)
    assert (row.paused, row.next_slot, row.priority) == (True, before, 1)


def test_sync_takes_a_new_rhythm_up(synced, clock, database):
    synced(job())
    synced(job(interval=None, cron="0 0 * * *"))
    with database.transaction() as session:
        assert get(session, "clean").next_slot == clock.now() + timedelta(hours=12)


def test_job_that_runs_at_start_is_due_at_once(synced, claim):
    synced(job(at_start=True, interval=None, cron="0 0 * * *"))
    assert len(claim()) == 1


def test_runs_of_frequent_jobs_are_forgotten_early(synced, clock, database, claim, work_count):
    synced(job(), job("daily", interval=86_400.0, at_start=True))
    clock.advance(10)
    claim()
    with database.transaction() as session:
        session.execute(text("UPDATE work_items SET state = 'done', finished_at = now()"))
    clock.advance(7_200)
    with database.transaction() as session:
        tidy(session, clock.now())
        assert [run.job for run in runs(session, "daily")] == ["daily"]
        assert runs(session, "clean") == []
    assert work_count() == 1


@pytest.mark.parametrize("rhythm", [{}, {"interval": None, "cron": "30 2 * * *"}])
def test_a_clock_that_was_a_week_ahead_delays_nothing_for_a_week(
    rhythm, synced, claim, clock, database
):
    synced(job(**rhythm))
    clock.advance(7 * 86_400)
    claim()
    clock.advance(-7 * 86_400)
    synced(job(**rhythm))
    with database.transaction() as session:
        upcoming = next_due(session)
    assert upcoming == job(**rhythm).rhythm.next(clock.now())
    clock.advance((upcoming - clock.now()).total_seconds())
    assert [each.slot for each in claim()] == [upcoming]


def test_a_clock_that_is_set_back_a_little_has_nothing_done_twice(synced, claim, clock):
    synced(job())
    clock.advance(10)
    (first,) = claim()
    clock.advance(-5)
    synced(job())
    clock.advance(5)
    (again,) = claim()
    assert (again.slot, again.work_id) == (first.slot, first.work_id)

"""A year goes by in seconds: every job runs, nothing twice, and nothing grows for ever.

Days between are left out here; `make chaos` lives through all of them.
"""

import os

import pytest
from pydantic import SecretStr

from config.settings import Settings
from core.maintenance.lifetimes import LIFETIMES, Stays
from tasks.schedule import JOBS
from tests.year import BODIES, BUDGET, Year

STEP = int(os.environ.get("MENDLINE_TEST_YEAR_STEP_DAYS", "52"))
DAYS = int(os.environ.get("MENDLINE_TEST_YEAR_DAYS", "365"))
# The year is lived in the set-up of the first test.
pytestmark = pytest.mark.timeout(3600 if STEP == 1 else 300)
# All periods end within half of the year, so that the second half shows what is steady.
PERIODS = {
    "retention_days": 60,
    "rollup_minute_days": 7,
    "rollup_hour_days": 30,
    "rollup_days": 100,
    "run_days": 30,
    "deadletter_days": 60,
    "recovery_days": 60,
    "delivery_days": 30,
    "partition_days_ahead": 2,
}


@pytest.fixture(scope="module")
def year(databases, redis_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("year")
    with databases.lent() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MENDLINE_BROKER_URL", redis_server)  # read once, for all applications of ours
        settings = Settings(
            database_url=SecretStr(url),
            redis_url=SecretStr(redis_server),
            data_dir=folder,
            retention_project_bytes=BUDGET,
            **PERIODS,
        )
        lived = Year(settings, step=STEP)
        try:
            lived.live(DAYS)
            yield lived
        finally:
            lived.close()


def test_every_job_has_run_on_every_day(year):
    days = len(range(0, DAYS, STEP)) - 1  # the first one is over before some were due
    for job in JOBS:
        assert sum(name == job.name for name, _ in year.claimed) >= days, job.name


def test_no_slot_was_claimed_and_no_work_done_twice(year):
    assert set(year.claimed.values()) == {1}
    assert set(year.done.values()) == {1}


def test_each_run_of_the_house_left_one_row_that_ended_well(year):
    assert year.ask("SELECT count(*) FROM maintenance_runs WHERE state <> 'done'") == 0
    assert year.ask("SELECT count(*) FROM maintenance_runs WHERE seconds IS NULL") == 0
    doubled = "SELECT count(*) - count(DISTINCT work_id) FROM maintenance_runs"
    assert year.ask(doubled) == 0


def test_no_job_was_missed(year):
    told = "SELECT count(*) FROM signals WHERE kind = 'maintenance_missed'"
    assert year.ask(told) == 0


def test_events_stay_within_their_budget(year):
    today = year.bytes[0]
    assert max(year.bytes) <= BUDGET + today
    assert year.bytes[-1] > today


def test_no_table_grows_unless_it_says_why(year):
    half = year.rows[len(year.rows) // 2 : len(year.rows) * 3 // 4]
    for table, count in year.rows[-1].items():
        if not isinstance(LIFETIMES[table], Stays):
            before = max(rows[table] for rows in half)
            assert count <= before * 1.1 + 2, f"{table}: {before} rows became {count}"


def test_the_books_are_added_up_and_stay_whole(year):
    days = len(range(0, DAYS, STEP))
    assert year.rows[-1]["book_entries"] < days * 8
    accepted = "SELECT sum(count) FROM book_entries WHERE account = 'accepted'"
    assert year.ask(accepted) == days * 4 * 250


def test_upkeep_is_what_ran(year):
    bodies = {job.task for job in JOBS if job.task.startswith(BODIES)}
    assert bodies <= {name for name, _ in year.done}

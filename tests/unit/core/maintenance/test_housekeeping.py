from datetime import UTC, datetime, timedelta

import pytest

from core.errors import ConfigurationError
from core.maintenance.housekeeping import Chore, Circumstances, Rules, Window, judge
from core.maintenance.missed import missed
from core.model.schedules import Schedule

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAVY, LIGHT = Chore("space", heavy=True), Chore("watch")
BEHIND = {"waiting": 90.0}
NIGHT = Rules(window=Window.parse("22:00-05:30"))


def waits(chore=HEAVY, rules=None, **found):
    about = {"now": NOW, "asked_at": NOW} | found
    return judge(chore, rules or Rules(), Circumstances(**about))


def test_on_a_quiet_platform_everything_runs():
    assert waits() is None


def test_light_jobs_never_wait():
    assert waits(LIGHT, NIGHT, **BEHIND, busy=True) is None


def test_one_heavy_job_at_a_time_whoever_asks():
    assert waits(busy=True, urgent=True, asked_for=True).reason == "another heavy job is running"


def test_heavy_jobs_wait_while_work_is_behind():
    assert "90 s" in waits(**BEHIND).reason


@pytest.mark.parametrize("why", ["urgent", "asked_for"])
def test_what_is_urgent_or_asked_for_does_not_wait(why):
    assert waits(rules=NIGHT, **BEHIND, **{why: True}) is None


def test_patience_ends():
    hours = timedelta(hours=6)
    assert waits(**BEHIND, asked_at=NOW - hours + timedelta(seconds=1)) is not None
    assert waits(**BEHIND, asked_at=NOW - hours) is None


def test_outside_of_the_window_it_waits_for_its_opening():
    assert waits(rules=NIGHT).seconds == 10 * 3600


@pytest.mark.parametrize(
    ("hour", "wait"), [(22, 0), (23, 0), (0, 0), (5, 0), (6, 16 * 3600), (21, 3600)]
)
def test_a_window_over_midnight(hour, wait):
    assert NIGHT.window.opens_in(NOW.replace(hour=hour)) == wait


@pytest.mark.parametrize(("hour", "wait"), [(1, 0), (0, 3600), (2, 23 * 3600), (12, 13 * 3600)])
def test_a_window_within_a_day(hour, wait):
    assert Window.parse("01:00-02:00").opens_in(NOW.replace(hour=hour)) == wait


def test_no_window_is_always_open_and_nonsense_is_refused():
    assert Window.parse(" ") is None
    with pytest.raises(ConfigurationError, match="22:00-05:30"):
        Window.parse("at night")


def daily(**values):
    about = {"job": "space", "cron": "0 3 * * *", "interval": None, "timezone": "UTC"}
    row = {"paused": False, "updated_at": NOW - timedelta(days=30)}
    return Schedule(**(about | row | values))


def found(last, *rows, up=30):
    successes = {"space": last and NOW - last}
    up_since = NOW - timedelta(days=up)
    rows = rows or (daily(),)
    return [each.job for each in missed(rows, successes, up_since=up_since, now=NOW)]


def test_a_job_is_missed_when_two_slots_went_by():
    assert found(timedelta(days=2, hours=8)) == []
    assert found(timedelta(days=2, hours=9)) == ["space"]
    assert found(None) == ["space"]


def test_what_was_down_or_paused_is_not_missed():
    assert found(None, up=2) == []
    assert found(None, daily(paused=True)) == []
    assert found(None, daily(updated_at=NOW - timedelta(days=1))) == []


def test_the_times_of_a_window_are_utc_and_nothing_else():
    """Times with a zone cannot be compared with those without: every heavy job would fail."""
    for text in ("22:00Z-05:30Z", "22:00-05:30+02:00"):
        with pytest.raises(ConfigurationError):
            Window.parse(text)

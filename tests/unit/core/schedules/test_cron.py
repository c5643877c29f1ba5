from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnprocessableError
from core.schedules.cron import Cron

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CASES = [
    ("0 12 * * *", "2026-03-01 11:59:59", "2026-03-01 12:00"),
    ("0 12 * * *", "2026-03-01 12:00:00", "2026-03-02 12:00"),
    ("*/15 * * * *", "2026-03-01 12:01", "2026-03-01 12:15"),
    ("5-10/5 8,20 * * *", "2026-03-01 08:06", "2026-03-01 08:10"),
    ("0 0 29 feb *", "2026-03-01", "2028-02-29"),
    ("0 0 * * mon", "2026-03-01", "2026-03-02"),
    ("0 0 * * 7", "2026-03-02", "2026-03-08"),
    ("0 0 13 * fri", "2026-03-01", "2026-03-06"),  # either day will do
    ("0 0 31 * *", "2026-04-01", "2026-05-31"),
    ("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"),
]


@pytest.mark.parametrize(("expression", "after", "expected"), CASES)
def test_next_moment(expression, after, expected):
    assert Cron.parse(expression).next(utc(after), ZoneInfo("UTC")) == utc(expected)


def test_a_time_that_spring_leaves_out_is_moved_on():
    slot = Cron.parse("30 2 * * *").next(utc("2026-03-28 12:00"), BERLIN)
    assert slot == utc("2026-03-29 01:30")
    assert slot.astimezone(BERLIN).hour == 3


def test_a_time_that_autumn_repeats_runs_once():
    cron = Cron.parse("30 2 * * *")
    first = cron.next(utc("2026-10-24 12:00"), BERLIN)
    assert first == utc("2026-10-25 00:30")
    assert cron.next(first, BERLIN) == utc("2026-10-26 01:30")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_job_of_every_hour_follows_real_time(day, zone):
    cron, slot, slots = Cron.parse("*/30 * * * *"), utc(day) - timedelta(hours=6), []
    for _ in range(60):
        slot = cron.next(slot, zone)
        slots.append(slot)
    assert {later - earlier for earlier, later in pairwise(slots)} == {timedelta(minutes=30)}


moments = st.integers(1_577_836_800, 2_051_222_400).map(lambda at: datetime.fromtimestamp(at, UTC))
expressions = st.sampled_from([case[0] for case in CASES])


@given(moments, expressions, st.sampled_from(ZONES))
def test_next_is_later_and_there_is_none_between(after, expression, zone):
    cron = Cron.parse(expression)
    slot = cron.next(after, zone)
    assert slot > after
    assert cron.next(slot - timedelta(microseconds=1), zone) == slot
    assert cron.next(after + (slot - after) / 2, zone) == slot


BROKEN = ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "x * * * *", "1-0 * * * *"]
BROKEN += ["*/0 * * * *", "*/-1 * * * *", "* * * 13 *", "* * * * 8", "1,,2 * * * *"]


@pytest.mark.parametrize("expression", BROKEN)
def test_what_is_no_cron_expression_is_refused(expression):
    with pytest.raises(UnprocessableError):
        Cron.parse(expression)


def test_a_day_that_never_comes_is_refused():
    with pytest.raises(UnprocessableError):
        Cron.parse("0 0 30 2 *").next(utc("2026-01-01"), BERLIN)

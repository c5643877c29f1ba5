from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.intake import moment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00",
        "2026-03-01 12:00:00+00:00",
        "2026-03-01T13:00:00.000+01:00",
        "2026-03-01T12:00:00.000000000Z",
        " 2026-03-01T12:00:00Z ",
        1772366400,
        1772366400.0,
        1772366400000,
        "1772366400",
        "1772366400.0",
        "/Date(1772366400000)/",
        "/Date(1772366400000+0100)/",
    ],
)
def test_the_ways_to_write_noon(value):
    assert moment.read(value) == NOON


@pytest.mark.parametrize(
    "value",
    [None, True, "", "yesterday", [], {}, 1e300, float("nan"), float("inf"), "nan", "/Date(x)/",
     "9" * 40, "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_what_is_no_time(value):
    assert moment.read(value) is None


@given(st.integers(10**9, 2 * 10**9), st.sampled_from([1, 1_000]))
@example(1_823_101_761, 1_000)
@example(1_767_123_112, 1_000)
def test_numbers_in_text_are_the_same_numbers(seconds, unit):
    """Also where they look like a day of the 18th century and an hour."""
    assert moment.read(str(seconds * unit)) == datetime.fromtimestamp(seconds, UTC)


def test_a_day_of_eight_digits():
    assert moment.read("20260301") == NOON.replace(hour=0)


@given(st.text() | st.floats() | st.integers())
def test_anything_is_read(value):
    found = moment.read(value)
    assert found is None or found.utcoffset() == timedelta()


def test_nanoseconds_are_cut():
    assert moment.read("2026-03-01T12:00:00.123456789Z") == NOON.replace(microsecond=123456)


@pytest.mark.parametrize("hours", [-24, -1, 0, 1, 24])
def test_near_times_are_believed(hours):
    claimed = NOON + timedelta(hours=hours)
    assert moment.clamp(claimed, NOON, skew=timedelta(days=1)) == (claimed, None)


@pytest.mark.parametrize("days", [-400, -2, 2, 400])
def test_far_times_are_clamped_and_kept(days):
    claimed = NOON + timedelta(days=days)
    assert moment.clamp(claimed, NOON, skew=timedelta(days=1)) == (NOON, claimed)


def test_no_time_means_ours():
    assert moment.clamp(None, NOON, skew=timedelta()) == (NOON, None)


def test_written_in_utc_with_milliseconds():
    assert moment.written(NOON) == "2026-03-01T12:00:00.000Z"

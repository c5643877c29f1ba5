from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.maintenance.rollup import DAY, HOUR, MINUTE, Step, floor, steps
from core.maintenance.values import Keeping, first_day_kept

MOMENT = datetime(2026, 3, 1, 12, 34, 56, 789, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(HOUR, datetime(2026, 3, 1, 12, tzinfo=UTC)), (DAY, datetime(2026, 3, 1, tzinfo=UTC))],
)
def test_a_moment_belongs_to_the_bucket_that_began_last(seconds, expected):
    assert floor(MOMENT, seconds) == expected
    assert floor(expected, seconds) == expected


def test_buckets_are_those_of_utc():
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert floor(elsewhere, DAY) == datetime(2026, 3, 1, tzinfo=UTC)


def test_only_whole_buckets_are_made_coarser():
    assert steps(Keeping(minute_days=2, hour_days=10), MOMENT) == (
        Step(MINUTE, HOUR, datetime(2026, 2, 27, 12, tzinfo=UTC)),
        Step(HOUR, DAY, datetime(2026, 2, 19, tzinfo=UTC)),
    )


def test_the_oldest_kept_day_is_whole():
    assert str(first_day_kept(Keeping(event_days=1), MOMENT)) == "2026-02-28"

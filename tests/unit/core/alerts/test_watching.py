import json
import math
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from core.alerts.watching import Direction, Scale, Watch, begins, watch_of

BEGUN = datetime(2026, 3, 2, tzinfo=UTC)
SLOT = timedelta(minutes=5)
DAY = 288


def watch(scale=Scale.COUNT):
    return Watch(scale, SLOT, BEGUN)


def follow(followed, values):
    """The places of all surprises."""
    found = []
    for place, value in enumerate(values):
        begun = BEGUN + place * SLOT
        followed.follow({begun: value}, begun + SLOT)
        if followed.surprises and followed.surprises[-1].until == begun + SLOT:
            found.append(place)
    return found


def poisson(rand, mean):
    if mean > 50:
        return max(0, round(rand.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-mean)
    chance = rand.random()
    while chance > left:
        count += 1
        chance *= rand.random()
    return count


def usual(rand, mean, days=30):
    """Counts with a daily wave and calm week-ends."""
    for place in range(days * DAY):
        wave = 1 + 0.8 * math.sin(2 * math.pi * place / DAY)
        yield poisson(rand, mean * wave * (0.5 if place // DAY % 7 >= 5 else 1))


@pytest.mark.parametrize("mean", [0.01, 0.3, 3, 30, 300])
def test_a_usual_month_gives_at_most_one_false_alarm_a_week(mean):
    told = follow(watch(), usual(Random(11), mean))
    assert len(told) <= 30 / 7


def test_a_burst_in_a_quiet_series_is_told_with_what_was_expected():
    rand = Random(3)
    values = [poisson(rand, 0.3) for _ in range(5 * DAY)] + [40]
    followed = watch()
    assert follow(followed, values)[-1:] == [5 * DAY]
    burst = followed.surprises[-1]
    assert (burst.value, burst.upwards) == (40, True)
    assert burst.expected < 2
    assert burst.high < 40


def test_two_more_than_usual_are_nobodys_alarm_in_a_quiet_series():
    assert follow(watch(), [0.0] * DAY + [2.0] + [0.0] * DAY) == []


def test_what_stops_is_told_downwards():
    rand = Random(4)
    values = [poisson(rand, 100) for _ in range(3 * DAY)] + [0] * 3
    followed = watch()
    assert 3 * DAY in follow(followed, values)
    assert followed.worst(BEGUN, Direction.UP) is None
    assert followed.worst(BEGUN, Direction.DOWN) is not None


def test_a_surprise_is_worst_for_its_time_only():
    followed = watch()
    follow(followed, [5.0] * DAY + [900.0])
    end = followed.until
    assert followed.worst(end - SLOT, Direction.UP) is not None
    assert followed.worst(end, Direction.UP) is None


def test_slots_without_rows_count_nothing_and_have_no_level():
    counted, measured = watch(), watch(Scale.LEVEL)
    for each in (counted, measured):
        assert each.follow({}, BEGUN + 10 * SLOT) == 10
    assert (counted.points, measured.points) == (10, 0)
    assert counted.until == measured.until == BEGUN + 10 * SLOT


def test_a_slot_that_is_not_over_waits():
    followed = watch()
    assert followed.follow({BEGUN: 3.0}, BEGUN + SLOT - timedelta(seconds=1)) == 0
    assert followed.until == BEGUN


def test_a_series_learns_first():
    followed = watch()
    follow(followed, [1.0] * 49)
    assert followed.learning
    follow(followed, [])
    followed.follow({}, followed.until + SLOT)
    assert not followed.learning


def test_the_memory_survives_json():
    rand = Random(5)
    values = [*usual(rand, 20, days=3), 400]
    whole, begun = watch(), watch()
    told = follow(whole, values)
    for place, value in enumerate(values):
        at = BEGUN + place * SLOT
        begun = (
            watch_of(json.loads(json.dumps(begun.state())), begun.until)
            if place % 200 == 0
            else begun
        )
        begun.follow({at: value}, at + SLOT)
    assert told
    assert begun.surprises == whole.surprises
    assert begun.state() == whole.state()


def test_slots_begin_at_whole_ones():
    at = datetime(2026, 3, 2, 10, 7, 31, tzinfo=UTC)
    assert begins(at, SLOT) == datetime(2026, 3, 2, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [0.0, 1.0, 17.0, 1e6])
def test_scales_lead_back(value):
    for scale in Scale:
        assert scale.back(scale.forth(value)) == pytest.approx(value)

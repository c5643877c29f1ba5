import math
import sys
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from core.alerts import forecasting
from core.alerts.forecasting import ForecastExtraError, Limit, Line, Prospect

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLOT = timedelta(minutes=5)
FULL = Limit(100.0, rising=True)
EMPTY = Limit(0.0, rising=False)


def line(values, slot=SLOT):
    return Line(list(values), slot, NOON)


def hours(values, limit, slots=288, slot=SLOT):
    """Until the limit, as a rule would hear it."""
    seen = line(values, slot)
    found = forecasting.prospect(seen, slots)
    wait = forecasting.reached_in(found, limit, seen.values[-1], slot)
    return None if wait is None else wait / timedelta(hours=1)


def test_a_disk_that_fills_steadily_is_full_when_the_line_says_so():
    rand = Random(1)
    values = [40 + place * 0.5 + rand.gauss(0, 0.3) for place in range(72)]
    assert hours(values, FULL) == pytest.approx((100 - 75.5) / 0.5 / 12, rel=0.1)


def test_who_asks_for_more_certainty_hears_of_it_later():
    found = Prospect([80.0 + place for place in range(60)], [5.0] * 60)
    waits = [
        forecasting.reached_in(found, Limit(100.0, rising=True, certainty=each), 79.0, SLOT)
        for each in (0.1, 0.5, 0.9)
    ]
    assert waits[1] == 21 * SLOT
    assert waits[0] is not None
    assert waits[2] is not None
    assert waits[0] < waits[1] < waits[2]


def test_the_farther_the_less_certain():
    rand = Random(2)
    found = forecasting.prospect(line(rand.gauss(50, 5) for _ in range(72)), 288)
    assert 0 < found.spreads[0] <= found.spreads[-1]


def test_a_daily_wave_is_no_trend():
    half_hour = timedelta(minutes=30)
    rand = Random(3)
    wave = [50 + 40 * math.sin(2 * math.pi * place / 48) for place in range(48 * 5 + 12)]
    noisy = [each + rand.gauss(0, 1) for each in wave[: 48 * 5 + 8]]
    assert hours(noisy, FULL, slots=48, slot=half_hour) is None


def test_what_stands_still_is_never_full():
    assert hours([50.0] * 72, FULL) is None


def test_a_budget_runs_down_to_nothing():
    assert hours([1 - place * 0.01 for place in range(72)], EMPTY) == pytest.approx(2.4, rel=0.1)


def test_what_is_reached_is_reached_now():
    found = Prospect([101.0], [0.0])
    assert forecasting.reached_in(found, FULL, 100.0, SLOT) == timedelta(0)


def test_a_slot_is_taken_in_part():
    found = Prospect([98.0, 102.0], [0.0, 0.0])
    assert forecasting.reached_in(found, FULL, 90.0, SLOT) == 1.5 * SLOT


def test_gaps_are_bridged_by_a_straight_line():
    known = {NOON + place * SLOT: float(place) for place in range(30) if place not in (4, 5)}
    found = forecasting.line(known, SLOT, NOON + 30 * SLOT)
    assert found is not None
    assert found.values == pytest.approx([float(place) for place in range(30)])


@pytest.mark.parametrize("places", [[], range(10), range(0, 60, 3)])
def test_too_little_makes_no_line(places):
    known = {NOON + place * SLOT: 1.0 for place in places}
    assert forecasting.line(known, SLOT, NOON + 60 * SLOT) is None


def test_what_cannot_get_there_needs_no_model():
    flat, steep = [50.0] * 72, [20 + place * 0.5 for place in range(72)]
    assert not forecasting.reachable(line(flat), FULL, 288)
    assert forecasting.reachable(line(steep), FULL, 288)
    assert not forecasting.reachable(line(steep), EMPTY, 1)
    assert forecasting.reachable(line([101.0] * 72), FULL, 288)


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.exponential_smoothing.ets", None)
    with pytest.raises(ForecastExtraError, match=r"mendline\[forecast\]"):
        forecasting.prospect(line([1.0] * 30), 5)

import json
import math
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from core.analysis.anomalies import Detector

STEP = 300
DAY = 86_400


def told(values, step=STEP, detector=None):
    """The places of the anomalies."""
    detector = detector or Detector()
    return [
        place
        for place, value in enumerate(values)
        if detector.update(place * step, value).anomalous
    ]


def office(days, rand):
    """Busy from nine to six, with noise: one value in five minutes."""
    return [
        (80 if 9 <= place % 288 / 12 < 18 else 20) + rand.uniform(-3, 3)
        for place in range(288 * days)
    ]


def test_a_flat_series_has_none():
    assert told([5.0] * 5_000) == []


def test_a_first_spike_is_told_at_once():
    rand = Random(1)
    values = [rand.gauss(20, 2) for _ in range(3_000)]
    values[2_000] = 60
    assert 2_000 in told(values)


def test_a_spike_as_there_were_before_is_usual():
    rand = Random(2)
    values = [rand.gauss(20, 2) for _ in range(3_000)]
    for place in range(1_000, 2_600, 100):
        values[place] = 60
    assert [place for place in told(values) if place > 2_000] == []


def test_the_season_is_learnt_and_its_absence_told():
    values = office(14, Random(3))
    quiet = range(11 * 288 + 108, 11 * 288 + 216)
    for place in quiet:
        values[place] = 20.0
    late = [place for place in told(values) if place > 4 * 288]
    assert late
    assert late[0] in quiet


def test_a_slow_rise_is_told_though_no_step_is_large():
    rand = Random(4)
    values = [rand.gauss(100, 2) + max(0, place - 2_000) * 0.5 for place in range(2_400)]
    assert [place for place in told(values) if place >= 2_000]


def test_one_event_is_told_once():
    rand = Random(5)
    values = [rand.gauss(20, 2) for _ in range(3_000)]
    values[2_000:2_010] = [90.0] * 10
    assert [place for place in told(values) if 2_000 <= place < 2_020] == [2_000]


def test_false_alarms_on_a_month_of_seasonal_counts_are_rare():
    rand = Random(6)
    counts = []
    for place in range(30 * 288):
        mean = 200 * (1 + 0.8 * math.sin(2 * math.pi * place / 288))
        weekend = 0.5 if place // 288 % 7 >= 5 else 1.0
        counts.append(max(0, round(rand.gauss(mean * weekend, math.sqrt(mean * weekend)))))
    assert len(told(counts)) <= 4


def test_an_answer_depends_on_earlier_points_only():
    values = office(6, Random(7))
    whole, half = told(values), told(values[:900])
    assert half == [place for place in whole if place < 900]


def test_the_state_survives_json():
    values = office(5, Random(8))
    first = Detector()
    before = told(values[:700], detector=first)
    second = Detector.of(json.loads(json.dumps(first.state())))
    after = [
        place
        for place in range(700, len(values))
        if second.update(place * STEP, values[place]).anomalous
    ]
    assert before + after == told(values)


def test_the_bounds_hold_what_is_usual():
    detector = Detector()
    rand = Random(9)
    points = [detector.update(place * STEP, rand.gauss(50, 5)) for place in range(1_000)]
    assert points[-1].low < 35
    assert points[-1].high > 65
    assert abs(points[-1].expected - 50) < 15


@example([0.0, 2.2250738585e-313, 1.0])
@given(st.lists(st.floats(-1e12, 1e12), max_size=60))
def test_no_values_break_it(values):
    detector = Detector()
    for place, value in enumerate(values):
        point = detector.update(place * STEP, value)
        assert 0 <= point.score <= 1
        assert point.low <= point.expected <= point.high

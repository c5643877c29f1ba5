import pytest

from core.analysis.impact import Share, Trend, blast_radius, rate, usual


def test_one_outburst_in_the_past_does_not_count():
    assert usual([10, 11, 9, 10, 500, 10])[0] == 10
    assert rate(40, [10, 11, 9, 10, 500, 10]).trend is Trend.RISING


@pytest.mark.parametrize(
    ("events", "past", "trend"),
    [
        (60, [10] * 24, Trend.RISING),
        (12, [10] * 24, Trend.STEADY),
        (0, [100] * 24, Trend.FALLING),
        (2, [0] * 24, Trend.STEADY),
        (9, [0] * 24, Trend.RISING),
        (0, [0] * 24, Trend.STEADY),
        (300, [100, 300, 50, 260, 20, 210] * 4, Trend.STEADY),
        (7, [1, 2], Trend.NEW),
    ],
)
def test_the_trend_is_told_by_what_was_usual(events, past, trend):
    assert rate(events, past).trend is trend


def test_the_reason_names_its_figures():
    found = rate(60, [10] * 24)
    assert (found.usual, found.windows) == (10, 24)
    assert found.reason.startswith("60 events now; 10 are usual in such a window (median of 24)")


def test_the_widest_share_is_the_radius():
    found = blast_radius({"users": Share(5, 10), "components": Share(3, 3), "nothing": Share(0, 0)})
    assert found.widest == "components"
    assert found.reason == (
        "It hits 50% of the users (5 of 10), 100% of the components (3 of 3) that had failures in "
        "that time."
    )


def test_an_estimate_never_hits_more_than_all():
    assert Share(12, 10).share == 1
    assert blast_radius({"users": Share(0, 0)}).widest == ""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.resilience.watermarks import Level, Watermarks

MARKS = Watermarks()


@pytest.mark.parametrize(
    ("used", "before", "level"),
    [
        (0.79, Level.EASY, Level.EASY),
        (0.80, Level.EASY, Level.HIGH),
        (0.90, Level.EASY, Level.CRITICAL),
        (0.76, Level.HIGH, Level.HIGH),
        (0.74, Level.HIGH, Level.EASY),
        (0.86, Level.CRITICAL, Level.CRITICAL),
        (0.84, Level.CRITICAL, Level.HIGH),
        (0.10, Level.CRITICAL, Level.EASY),
    ],
)
def test_a_level_is_left_below_the_mark_at_which_it_was_reached(used, before, level):
    assert MARKS.level(used, before) is level


@given(st.floats(0, 1), st.sampled_from(Level))
def test_the_same_use_asked_again_gives_the_same_level(used, before):
    level = MARKS.level(used, before)
    assert MARKS.level(used, level) is level


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(Level))
def test_more_use_is_never_a_lower_level(one, other, before):
    low, high = sorted((one, other))
    assert MARKS.level(low, before) <= MARKS.level(high, before)

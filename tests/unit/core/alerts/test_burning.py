from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.burning import NOTHING, Budget, ObjectiveError, Outcomes

BUDGET = Budget(0.999)
MONTH = timedelta(days=30)
COUNTS = st.floats(0, 1e9)


def test_failing_as_often_as_allowed_burns_with_factor_one():
    assert BUDGET.factor(Outcomes(99_900, 100)) == pytest.approx(1)


def test_both_windows_must_have_reached_it():
    burning, calm = Outcomes(900, 100), Outcomes(9_999, 1)
    assert BUDGET.agreed(burning, burning) == pytest.approx(100)
    assert BUDGET.agreed(burning, calm) == pytest.approx(0.1)
    assert BUDGET.agreed(calm, burning) == pytest.approx(0.1)


def test_it_is_over_when_the_short_window_is_silent():
    assert BUDGET.agreed(Outcomes(900, 100), NOTHING) == 0


def test_few_reports_say_nothing():
    assert BUDGET.factor(Outcomes(0, 9)) is None
    assert BUDGET.agreed(Outcomes(0, 9), Outcomes(0, 9)) is None
    assert BUDGET.left(NOTHING) is None


def test_half_a_budget_is_left():
    assert BUDGET.left(Outcomes(99_950, 50)) == pytest.approx(0.5)


def test_an_overdrawn_budget_is_empty_and_gone_now():
    overdrawn = Outcomes(99_000, 1_000)
    assert BUDGET.left(overdrawn) == 0
    assert BUDGET.gone_in(overdrawn, overdrawn, MONTH) == timedelta(0)


def test_half_a_budget_at_a_pace_of_360_is_gone_in_an_hour():
    gone = BUDGET.gone_in(Outcomes(99_950, 50), Outcomes(640, 360), MONTH)
    assert gone is not None
    assert abs(gone - timedelta(hours=1)) < timedelta(seconds=1)


def test_a_calm_pace_never_uses_it_up():
    assert BUDGET.gone_in(Outcomes(99_950, 50), Outcomes(1_000, 0), MONTH) == MONTH
    assert BUDGET.gone_in(Outcomes(99_950, 50), NOTHING, MONTH) == MONTH


@pytest.mark.parametrize("objective", [0, 1, -1, 99.9])
def test_an_objective_is_a_share(objective):
    with pytest.raises(ObjectiveError):
        Budget(objective)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_what_is_left_and_when_it_is_gone_stay_in_bounds(good, bad, well, badly):
    whole, lately = Outcomes(good, bad), Outcomes(well, badly)
    left, gone = BUDGET.left(whole), BUDGET.gone_in(whole, lately, MONTH)
    assert (left is None) == (gone is None)
    assert left is None or 0 <= left <= 1
    assert gone is None or timedelta(0) <= gone <= MONTH

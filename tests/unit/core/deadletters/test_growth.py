import pytest

from core.deadletters.growth import PAST, grows

QUIET = [0] * PAST


@pytest.mark.parametrize(
    ("letters", "past", "growing"),
    [
        (9, QUIET, False),
        (10, QUIET, True),
        (10, [], True),
        (40, [40] * PAST, False),
        (60, [40] * PAST, True),
        (60, [20, 40, 60] * (PAST // 3), False),
        (50, [0] * (PAST - 2) + [500, 500], True),
    ],
)
def test_growth_is_against_the_own_past(letters, past, growing):
    assert (grows(letters, past) is not None) is growing


def test_the_limit_is_told():
    assert grows(60, [40] * PAST) == (40.0, pytest.approx(58.97, abs=0.01))

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.store.bands import band, is_critical
from core.work.aging import LEVEL, OVERDUE, aged, is_overdue

priorities = st.integers(0, 9)
waits = st.timedeltas(timedelta(0), timedelta(days=3))


@given(priorities, waits, waits)
def test_waiting_never_makes_a_priority_worse(priority, wait, longer):
    first, second = sorted([wait, longer])
    assert aged(priority, second) <= aged(priority, first) <= priority


@given(priorities, waits)
def test_nothing_becomes_critical_by_waiting(priority, wait):
    assert is_critical(aged(priority, wait)) == is_critical(priority)


@given(st.integers(3, 9))
def test_whatever_waits_long_enough_is_next_to_the_critical(priority):
    assert band(aged(priority, 6 * LEVEL)) == 1


def test_a_minute_is_a_level():
    assert [aged(9, minutes * LEVEL) for minutes in (0, 1, 2.5, 6, 60)] == [9, 8, 7, 3, 3]


def test_work_that_is_not_due_yet_has_its_own_priority():
    assert aged(7, -LEVEL) == 7


def test_only_what_is_not_critical_is_ever_overdue():
    assert is_overdue(3, OVERDUE)
    assert not is_overdue(3, OVERDUE - LEVEL)
    assert not is_overdue(2, OVERDUE)

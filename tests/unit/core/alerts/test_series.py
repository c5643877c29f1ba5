"""Sums of tallies, as windows are made of them."""

import pytest

from core.alerts.series import Tally, grouped, tally


def row(*, good=1, bad=0, events=0, buckets=(), memory=None, longest=0):
    return (1, "cart", 0, events, good, bad, good, 50.0 * good, longest, buckets, memory, 0)


def test_a_share_of_a_minute_counts_that_much():
    half = tally(row(good=10, bad=4, buckets=[2, 4])).plus(tally(row(good=6, buckets=[6])), 0.5)
    assert (half.successes, half.failures, half.reports) == (13, 4, 17)
    assert (half.timed, half.buckets) == (13, [5, 4])
    assert half.seconds == pytest.approx(0.65)


def test_a_failure_that_was_told_twice_is_one_error():
    found = tally(row(bad=4, events=3)).plus(tally(row(bad=1, events=5)))
    assert (found.events, found.failures, found.errors) == (8, 5, 9)


def test_the_most_stays_whatever_the_share():
    found = Tally().plus(tally(row(memory=7, longest=2_000)), 0.1).plus(tally(row(memory=5)))
    assert (found.memory, found.longest) == (7, 2.0)
    assert Tally().plus(Tally()).memory is None


def test_a_sum_leaves_its_parts_as_they_are():
    parts = {(1, "cart"): tally(row(good=2)), (2, "cart"): tally(row(good=3))}
    together = grouped(parts, lambda series: series[1])
    assert together["cart"].successes == 5
    assert [each.successes for each in parts.values()] == [2, 3]

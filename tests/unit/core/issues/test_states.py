from datetime import UTC, datetime, timedelta

import pytest

from core.issues.states import IGNORE_OVER, REGRESSION, Status, on_event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("status", [Status.UNRESOLVED, Status.REGRESSED])
def test_an_open_issue_stays_as_it_is(status):
    assert on_event(status, None, NOW) is None


def test_a_resolved_issue_regresses():
    assert on_event("resolved", None, NOW) == REGRESSION
    assert REGRESSION.new is Status.REGRESSED


def test_an_event_from_before_the_resolution_is_no_regression():
    assert on_event("resolved", None, NOW, changed_at=NOW) is None
    assert on_event("resolved", None, NOW, changed_at=NOW + SECOND) is None
    assert on_event("resolved", None, NOW, changed_at=NOW - SECOND) == REGRESSION


def test_what_is_ignored_for_ever_stays_ignored():
    assert on_event("ignored", None, NOW) is None


@pytest.mark.parametrize(("until", "expected"), [(NOW + SECOND, None), (NOW, IGNORE_OVER)])
def test_ignoring_may_have_an_end(until, expected):
    assert on_event("ignored", until, NOW) == expected


def test_an_unknown_state_is_a_fault():
    with pytest.raises(ValueError, match="asleep"):
        on_event("asleep", None, NOW)

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.recovery.guard import Picture, Then
from core.recovery.guards import refusal
from core.recovery.limits import Limits, Window
from core.recovery.mode import Mode

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
FREE = Picture(now=NOW, action="mend", target="pool:a", mode=Mode.AUTO, limits=Limits())


def ago(*seconds):
    return [NOW - timedelta(seconds=each) for each in seconds]


REFUSED = [
    ({"known": False}, "switched", Then.NEXT),
    ({"mode": Mode.OFF}, "switched", Then.NEXT),
    ({"taken": 12}, "attempts", Then.ESCALATE),
    ({"acts": ago(100, 200, 300)}, "frequency", Then.ESCALATE),
    ({"windows": [Window()]}, "maintenance", Then.LATER),
    ({"breaker_until": NOW + timedelta(seconds=9)}, "breaker", Then.LATER),
    ({"budget": False}, "budget", Then.NEXT),
    ({"acts": ago(59)}, "cooldown", Then.LATER),
    ({"live": 1}, "concurrency", Then.LATER),
    ({"live_in_project": 10}, "concurrency", Then.LATER),
    ({"instances": 6, "live_in_component": 2}, "blast_radius", Then.LATER),
    ({"mode": Mode.APPROVE}, "approval", Then.ASK),
]
PASSED = [
    {},
    {"taken": 11},
    {"acts": ago(60, 200)},
    {"acts": ago(100, 200, 300), "healthy_at": NOW - timedelta(seconds=250)},
    {"acts": ago(100, 200, 1000)},
    {"breaker_until": NOW - timedelta(seconds=1)},
    {"instances": 1},
    {"instances": 6, "live_in_component": 1},
    {"mode": Mode.APPROVE, "approved": True},
]


@pytest.mark.parametrize(("values", "guard", "then"), REFUSED)
def test_each_guard_refuses_for_its_own_reason(values, guard, then):
    found = refusal(replace(FREE, **values))
    assert (found.guard, found.then) == (guard, then)
    assert (found.until is not None) == (then is Then.LATER)


@pytest.mark.parametrize("values", PASSED)
def test_what_is_within_the_limits_passes(values):
    assert refusal(replace(FREE, **values)) is None


def test_health_does_not_reset_the_total_of_a_day():
    acts = [NOW - timedelta(minutes=61 * each) for each in range(1, 13)]
    found = refusal(replace(FREE, acts=acts, healthy_at=NOW - timedelta(seconds=1)))
    assert (found.guard, found.then) == ("frequency", Then.ESCALATE)


def test_a_cooldown_ends_when_it_says():
    found = refusal(replace(FREE, acts=ago(10)))
    assert found.until == NOW + timedelta(seconds=50)


@pytest.mark.parametrize(
    ("window", "now", "ends"),
    [
        (Window(begins=11 * 60, ends=13 * 60), NOW, NOW.replace(hour=13)),
        (Window(begins=13 * 60, ends=14 * 60), NOW, None),
        (Window(frozenset({3}), 0, 0), NOW, None),
        (Window(begins=22 * 60, ends=2 * 60), NOW.replace(hour=1), NOW.replace(hour=2)),
        (Window(frozenset({1}), 22 * 60, 2 * 60), NOW.replace(hour=1), NOW.replace(hour=2)),
        (Window(frozenset({2}), 22 * 60, 2 * 60), NOW.replace(hour=1), None),
    ],
)
def test_windows_have_days_and_go_over_midnight(window, now, ends):
    assert window.until(now) == ends

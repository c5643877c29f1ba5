from datetime import UTC, datetime, timedelta

import pytest

from core.alerts.state import (
    CALM,
    FLAPS,
    Escalation,
    NoData,
    Seen,
    Standing,
    State,
    Terms,
    spell,
    step,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BAD = Seen(True, "high", "errors is 11, above 10", 11)
WORSE = Seen(True, "critical", "errors is 99, above 50", 99)
GOOD = Seen(False, "high", "errors is 1: over", 1)
UNKNOWN = Seen(None, "high", "nothing is known")


def standing(state, **values):
    plain = {"severity": "high", "started_at": NOW - MINUTE, "state_at": NOW - MINUTE}
    return Standing(state=state, **(plain | values))


def test_what_is_good_and_has_no_alert_stays_so():
    assert step(None, GOOD, Terms(), NOW) is None


def test_without_a_wait_it_fires_at_once():
    change = step(None, BAD, Terms(), NOW)
    assert (change.new, change.reason) == (State.FIRING, BAD.why)
    assert change.values["fired_at"] == change.values["started_at"] == NOW


def test_with_a_wait_it_is_pending_first():
    terms = Terms(wait=2 * MINUTE)
    assert step(None, BAD, terms, NOW).new is State.PENDING
    assert step(standing(State.PENDING), BAD, terms, NOW) is None
    fires = step(standing(State.PENDING, started_at=NOW - 2 * MINUTE), BAD, terms, NOW)
    assert (fires.new, fires.reason) == (State.FIRING, f"{BAD.why} for 2m")


def test_what_was_over_before_it_fired_is_inactive_again():
    assert step(standing(State.PENDING), GOOD, Terms(wait=MINUTE), NOW).new is State.INACTIVE


@pytest.mark.parametrize("state", [State.FIRING, State.ACKNOWLEDGED])
def test_what_is_over_is_resolved(state):
    change = step(standing(state), GOOD, Terms(), NOW)
    assert (change.new, change.values["resolved_at"]) == (State.RESOLVED, NOW)


def test_it_may_have_to_be_over_for_a_while():
    terms = Terms(keep=2 * MINUTE)
    assert step(standing(State.FIRING), GOOD, terms, NOW).values == {"clear_since": NOW}
    clear = standing(State.FIRING, clear_since=NOW - MINUTE)
    assert step(clear, GOOD, terms, NOW) is None
    assert step(clear, BAD, terms, NOW).values == {"clear_since": None}
    assert step(clear, GOOD, terms, NOW + MINUTE).new is State.RESOLVED


def test_soon_again_is_the_same_episode_and_later_another_one():
    resolved = standing(State.RESOLVED, resolved_at=NOW)
    again = step(resolved, BAD, Terms(reopen=5 * MINUTE), NOW + MINUTE)
    assert (again.new, again.anew) == (State.FIRING, False)
    assert "started_at" not in again.values
    later = step(resolved, BAD, Terms(reopen=5 * MINUTE), NOW + 6 * MINUTE)
    assert (later.new, later.anew, later.values["started_at"]) == (
        State.FIRING,
        True,
        NOW + 6 * MINUTE,
    )


def test_what_comes_back_often_flaps_and_ends_after_a_calm():
    resolved = standing(State.RESOLVED, resolved_at=NOW, fires=FLAPS - 1)
    again = step(resolved, BAD, Terms(), NOW + MINUTE)
    assert again.values["flapping"] is True
    flapping = standing(State.FIRING, flapping=True, clear_since=NOW)
    assert step(flapping, GOOD, Terms(), NOW + CALM - MINUTE) is None
    assert step(flapping, GOOD, Terms(), NOW + CALM).new is State.RESOLVED


def test_what_a_person_sent_away_comes_back_after_it_was_over():
    dismissed = standing(State.RESOLVED, resolved_at=NOW, dismissed=True)
    assert step(dismissed, BAD, Terms(), NOW + MINUTE) is None
    assert step(dismissed, GOOD, Terms(), NOW + MINUTE).values == {"dismissed": False}


def test_what_gets_worse_is_told_although_somebody_looks_after_it():
    change = step(standing(State.ACKNOWLEDGED), WORSE, Terms(), NOW)
    assert (change.new, change.severity) == (State.FIRING, "critical")


def test_what_gets_milder_stays_acknowledged():
    change = step(standing(State.ACKNOWLEDGED, severity="critical"), BAD, Terms(), NOW)
    assert (change.new, change.severity) == (State.ACKNOWLEDGED, "high")


def test_steps_of_escalation_until_somebody_acknowledges():
    terms = Terms(escalate=(Escalation(5 * MINUTE, "critical"), Escalation(10 * MINUTE)))
    firing = standing(State.FIRING, fired_at=NOW - 5 * MINUTE)
    first = step(firing, BAD, terms, NOW)
    assert (first.new, first.severity, first.values["escalation"]) == (State.FIRING, "critical", 1)
    raised = standing(State.FIRING, fired_at=NOW - 5 * MINUTE, severity="critical", escalation=1)
    assert step(raised, BAD, terms, NOW) is None
    assert step(raised, BAD, terms, NOW + 5 * MINUTE).values["escalation"] == 2
    seen_to = standing(State.ACKNOWLEDGED, fired_at=NOW - 5 * MINUTE)
    assert step(seen_to, BAD, terms, NOW) is None


@pytest.mark.parametrize(
    ("no_data", "new"), [(NoData.OK, State.RESOLVED), (NoData.KEEP, None), (NoData.ALERT, None)]
)
def test_without_data_an_alert_does_as_its_rule_says(no_data, new):
    change = step(standing(State.FIRING), UNKNOWN, Terms(no_data=no_data), NOW)
    assert (change.new if change else None) is new


def test_without_data_an_alert_may_begin():
    assert step(None, UNKNOWN, Terms(no_data=NoData.ALERT), NOW).new is State.FIRING
    assert step(None, UNKNOWN, Terms(no_data=NoData.KEEP), NOW) is None


@pytest.mark.parametrize(("seconds", "text"), [(90, "90s"), (300, "5m"), (7200, "2h"), (0, "0s")])
def test_spans_as_people_write_them(seconds, text):
    assert spell(timedelta(seconds=seconds)) == text

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnprocessableError
from core.schedules.slots import MOST_AT_ONCE, CatchUp, due, rhythm

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURLY = rhythm("0 * * * *", None, "UTC")
TEN = rhythm(None, 10.0, "UTC")
policies = st.sampled_from(CatchUp)


def test_interval_slots_are_the_same_for_everyone():
    assert TEN.next(NOON) == NOON + timedelta(seconds=10)
    assert TEN.next(NOON + timedelta(seconds=9.9)) == NOON + timedelta(seconds=10)


@pytest.mark.parametrize("policy", CatchUp)
def test_a_slot_on_time_runs_under_every_policy(policy):
    found = due(HOURLY, policy, waiting_for=NOON, now=NOON + timedelta(seconds=1))
    assert found.slots == (NOON,)
    assert found.next_slot == NOON + timedelta(hours=1)


MISSED = NOON + timedelta(hours=2, minutes=30)
EXPECTED = {
    CatchUp.SKIP: [],
    CatchUp.ONCE: [2],
    CatchUp.ALL: [0, 1, 2],
}


@pytest.mark.parametrize(("policy", "hours"), EXPECTED.items())
def test_missed_slots_are_what_the_policy_says(policy, hours):
    found = due(HOURLY, policy, waiting_for=NOON, now=MISSED)
    assert list(found.slots) == [NOON + timedelta(hours=n) for n in hours]
    assert found.next_slot == NOON + timedelta(hours=3)


def test_skip_runs_the_last_slot_when_it_is_on_time():
    now = NOON + timedelta(hours=2, seconds=5)
    assert due(HOURLY, CatchUp.SKIP, waiting_for=NOON, now=now).slots == (now.replace(second=0),)


def test_many_missed_slots_are_taken_in_rounds():
    found = due(TEN, CatchUp.ALL, waiting_for=NOON, now=NOON + timedelta(days=1))
    assert len(found.slots) == MOST_AT_ONCE
    assert found.next_slot == found.slots[-1] + timedelta(seconds=10)


@given(policies, st.floats(0, 90 * 86_400))
def test_next_slot_is_always_ahead_of_what_ran(policy, late):
    now = NOON + timedelta(seconds=late)
    found = due(HOURLY, policy, waiting_for=NOON, now=now)
    assert all(slot <= now for slot in found.slots)
    assert found.next_slot > max((NOON, *found.slots)) or not found.slots
    if policy is not CatchUp.ALL:
        assert found.next_slot > now


WRONG = [(None, None, "UTC"), ("* * * * *", 5.0, "UTC"), (None, 0.1, "UTC")]
WRONG += [("* * * * *", None, "Mars/Olympus"), ("* * * * *", None, "../etc")]


@pytest.mark.parametrize("arguments", WRONG)
def test_what_has_no_rhythm_is_refused(arguments):
    with pytest.raises(UnprocessableError):
        rhythm(*arguments)

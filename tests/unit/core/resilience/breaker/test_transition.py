from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.resilience.breaker import transition
from core.resilience.breaker.settings import BreakerSettings
from core.resilience.breaker.standing import Standing, State, begun
from core.resilience.breaker.transition import Probes, Tally
from tests.conftest import NOON

SETTINGS = BreakerSettings()
CLOSED = begun("pay", NOON)
OPEN = Standing("pay", State.OPEN, 2, NOON, NOON + timedelta(seconds=30), openings=1)
HALF_OPEN = Standing("pay", State.HALF_OPEN, 3, NOON, openings=1)


def seconds(count):
    return NOON + timedelta(seconds=count)


@pytest.mark.parametrize(
    ("calls", "failures", "opens"),
    [(4, 4, False), (5, 5, True), (10, 5, True), (11, 5, False), (0, 0, False)],
)
def test_number_and_share_of_failures(calls, failures, opens):
    tallies = [Tally("here", calls, failures)]
    assert bool(transition.opened(CLOSED, tallies, SETTINGS, NOON)) is opens


def test_what_an_opening_says():
    new = transition.opened(CLOSED, [Tally("here", 6, 5)], SETTINGS, NOON)
    assert (new.version, new.retry_at, new.openings) == (2, seconds(30), 1)
    assert new.reason == "5 of 6 calls failed"


@pytest.mark.parametrize("standing", [OPEN, HALF_OPEN, replace(CLOSED, state=State.FORCED_CLOSED)])
def test_only_a_closed_one_opens_by_its_window(standing):
    assert transition.opened(standing, [Tally("here", 9, 9)], SETTINGS, NOON) is None


def test_no_judgement_below_the_least_calls():
    careful = BreakerSettings(minimum_calls=20)
    assert transition.opened(CLOSED, [Tally("here", 19, 19)], careful, NOON) is None
    assert transition.opened(CLOSED, [Tally("here", 20, 19)], careful, NOON)


def test_the_time_open_grows_up_to_its_limit():
    growing = BreakerSettings(reset_timeout=10, backoff=2, longest_reset_timeout=35)
    assert [growing.open_seconds(count) for count in (1, 2, 3, 99)] == [10, 20, 35, 35]


def test_a_failed_probe_opens_again_for_longer():
    growing = BreakerSettings(backoff=2)
    new = transition.probed(HALF_OPEN, Probes(passed=2, failed=1), growing, NOON)
    assert (new.state, new.retry_at, new.openings) == (State.OPEN, seconds(60), 2)


@pytest.mark.parametrize(("took", "retry"), [(1, 1 + 28), (20, 20 + 15)])
def test_what_probes_take_is_part_of_the_reset_time(took, retry):
    """Well just after the first failed, it is in traffic a reset time later; half of it is rest."""
    new = transition.probed(HALF_OPEN, Probes(failed=1), BreakerSettings(), seconds(took))
    assert new.retry_at == seconds(retry)


def test_it_waits_for_all_probes():
    assert transition.probed(HALF_OPEN, Probes(passed=2, waiting=1), SETTINGS, NOON) is None
    assert transition.probed(HALF_OPEN, Probes(passed=3), SETTINGS, NOON).state is State.CLOSED


def test_failing_while_the_ramp_lasts_is_the_next_opening():
    closed = transition.probed(HALF_OPEN, Probes(passed=3), SETTINGS, NOON)
    failing = [Tally("here", 9, 9)]
    assert transition.opened(closed, failing, SETTINGS, seconds(1)).openings == 2
    assert transition.opened(closed, failing, SETTINGS, seconds(6)).openings == 1


def test_what_the_time_changes():
    assert transition.due(OPEN, seconds(29)) is None
    assert transition.due(OPEN, seconds(30)).state is State.HALF_OPEN
    assert transition.due(CLOSED, seconds(999)) is None


@pytest.mark.parametrize("state", [State.FORCED_OPEN, State.FORCED_CLOSED])
def test_a_forced_state_ends(state):
    standing = transition.forced(OPEN, state, NOON, why="drill", until=seconds(5))
    assert transition.due(standing, seconds(4)) is None
    assert transition.due(standing, seconds(5)).state is State.CLOSED


@pytest.mark.parametrize(
    ("state", "forced"),
    [
        (State.CLOSED, State.FORCED_OPENING),
        (State.OPENING, State.FORCED_OPENING),
        (State.FORCED_CLOSED, State.FORCED_OPENING),
        (State.HALF_OPEN, State.FORCED_OPEN),
        (State.OPEN, State.FORCED_OPEN),
    ],
)
def test_where_calls_may_still_pass_an_opening_is_only_decided(state, forced):
    standing = replace(CLOSED, state=state)
    assert transition.forced(standing, State.FORCED_OPEN, NOON, why="").state is forced


def test_an_opening_takes_effect_with_its_reason_and_time_to_try():
    opening = transition.opened(CLOSED, [Tally("here", 9, 9)], SETTINGS, NOON)
    found = transition.in_effect(opening, seconds(1))
    assert (found.state, found.since, found.version) == (State.OPEN, seconds(1), CLOSED.version + 2)
    assert (found.reason, found.retry_at, found.openings) == (
        opening.reason,
        opening.retry_at,
        opening.openings,
    )


def test_most_nodes_have_to_agree():
    good, bad = Tally("good", 1), Tally("bad", 9, 9)
    assert not transition.agreed([good, bad, replace(good, reporter="fine")], SETTINGS)
    assert transition.agreed([good, bad], SETTINGS)
    assert transition.agreed([bad], SETTINGS)


def test_the_first_to_see_an_outage_is_no_outlier():
    others = [Tally("one", 10, 4), Tally("two", 10, 4), Tally("three", 10, 4)]
    assert transition.outlier([Tally("me", 10, 9), *others], "me", SETTINGS) is None
    well = [replace(other, failures=0) for other in others]
    assert transition.outlier([Tally("me", 10, 9), *well], "me", SETTINGS)


def test_the_ramp():
    closed = replace(CLOSED, ramp_until=seconds(5))
    shares = [transition.share(closed, SETTINGS, seconds(at)) for at in (0, 2.5, 5)]
    assert shares == [0.1, 0.5, 1.0]


reporters = st.lists(
    st.builds(
        lambda who, calls, failures, slow: Tally(
            who, calls, min(failures, calls), min(slow, calls)
        ),
        st.sampled_from(["one", "two", "three"]),
        *[st.integers(0, 50)] * 3,
    ),
    max_size=3,
    unique_by=lambda tally: tally.reporter,
)


@given(reporters)
def test_no_window_opens_without_enough_failures(tallies):
    new = transition.opened(CLOSED, tallies, SETTINGS, NOON)
    everything = transition.total(tallies)
    if new is not None:
        assert max(everything.failures, everything.slow) >= SETTINGS.threshold
        assert new.version == CLOSED.version + 1
        assert new.retry_at > NOON

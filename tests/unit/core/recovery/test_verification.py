from datetime import UTC, datetime, timedelta

import pytest

from core.recovery.limits import Verification
from core.recovery.probe import Finding
from core.recovery.verification import Evidence, Outcome, judge

ACTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = Finding(healthy=True, summary="answered 200", seconds=0.01)
ILL = Finding(healthy=False, summary="answered 503", seconds=0.01)
USUAL = Verification(hold=10, within=60)


def after(seconds):
    return ACTED + timedelta(seconds=seconds)


def look(seconds, settings=USUAL, *, since=None, failed=None, **told):
    """At so many seconds after the act; `since` it was seen well, `failed` when it last failed."""
    values = {"failures": 0 if failed is None else 1, "baseline": 0.0} | told
    evidence = Evidence(
        now=after(seconds),
        acted_at=ACTED,
        last_failure=None if failed is None else after(failed),
        well_since=None if since is None else after(since),
        **values,
    )
    return judge(evidence, settings)


def test_success_takes_as_long_as_it_has_to_hold():
    assert look(2, finding=WELL).outcome is Outcome.OPEN
    assert look(11, since=2, finding=WELL).outcome is Outcome.OPEN
    assert look(12, since=2, finding=WELL).outcome is Outcome.WELL


def test_a_probe_that_says_no_keeps_it_open_until_the_time_is_over():
    verdict = look(20, finding=ILL)
    assert (verdict.outcome, verdict.well) == (Outcome.OPEN, False)
    assert "503" in verdict.reason
    assert look(60, finding=ILL).outcome is Outcome.ILL


def test_the_error_itself_speaks_against_a_probe_that_is_content():
    assert look(30, since=2, finding=WELL, failed=25).outcome is Outcome.OPEN
    assert look(60, since=2, finding=WELL, failed=55).outcome is Outcome.ILL
    assert look(36, since=2, finding=WELL, failed=25).outcome is Outcome.WELL


def test_as_many_failures_as_there_always_were_are_no_failure_of_the_act():
    told = {"since": 2, "failed": 29, "failures": 3, "baseline": 0.1}
    assert look(30, **told).outcome is Outcome.WELL
    assert look(30, **told | {"failures": 9}).outcome is Outcome.OPEN


def test_silence_alone_proves_nothing_of_what_was_only_watched():
    told = {"since": 2, "watched": True}
    assert look(12, **told).outcome is Outcome.OPEN
    assert look(60, **told).outcome is Outcome.SILENT
    assert look(12, **told, successes=1).outcome is Outcome.WELL
    assert look(12, **told, finding=WELL).outcome is Outcome.WELL
    assert look(12, **told, successes=1, failed=11).outcome is Outcome.OPEN


def test_a_success_proves_more_than_silence():
    told = {"since": 2, "watched": True, "apart": 10}
    assert look(12, **told).outcome is Outcome.OPEN
    assert look(12, **told, successes=1).outcome is Outcome.WELL


def test_silence_proves_as_much_as_the_failures_were_frequent():
    assert look(12, since=2, apart=3).outcome is Outcome.WELL
    assert look(12, since=2, apart=10).outcome is Outcome.OPEN
    assert look(32, since=2, apart=10).outcome is Outcome.WELL


def test_silence_that_proves_nothing_in_time_is_no_success():
    verdict = look(60, since=2, apart=600)
    assert verdict.outcome is Outcome.ILL
    assert "proves nothing" in verdict.reason


def test_a_probe_proves_what_silence_cannot():
    assert look(12, since=2, apart=600, finding=WELL).outcome is Outcome.WELL


@pytest.mark.parametrize("flaps", [3, 7])
def test_well_and_ill_in_turn_is_ill_however_it_is_right_now(flaps):
    assert look(30, since=2, finding=WELL, flaps=flaps).outcome is Outcome.ILL
    assert look(30, since=2, finding=WELL, flaps=2).outcome is Outcome.WELL


def test_whoever_looks_at_nothing_sees_no_success():
    blind = Verification(hold=10, within=60, rate=False)
    assert look(30, blind, since=2).outcome is Outcome.ILL
    assert look(30, blind, since=2, finding=WELL).outcome is Outcome.WELL


def test_where_the_rate_is_not_looked_at_the_probe_decides():
    blind = Verification(hold=10, within=60, rate=False)
    assert look(30, blind, since=2, finding=WELL, failed=29).outcome is Outcome.WELL

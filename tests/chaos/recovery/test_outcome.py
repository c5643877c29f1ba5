"""The promises of the recovery bench: what they must not overlook."""

from dataclasses import replace

import pytest

from tests.chaos.recovery.caller import ServiceError, described
from tests.chaos.recovery.outcome import Left, Mended, Outcome, markdown

WELL = Mended("deadlock", "database", "application", recovered=True, seconds=0.4)
LEFT = Left("key error", "KeyError: 'total'", "escalate", state="escalated", seconds=0.2)


def outcome(*mended, left=(LEFT,), whole=False):
    return Outcome(list(mended or [WELL]), list(left), whole=whole)


def test_what_went_well_breaks_no_promise():
    assert outcome().broken == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (outcome(*[WELL] * 48, replace(WELL, recovered=False)), "98.0%"),
        (outcome(replace(WELL, seconds=15.1)), "the mean is 15.1 s"),
        (outcome(*[WELL] * 20, replace(WELL, seconds=121.0)), "the worst is 121.0 s"),
        (outcome(left=[replace(LEFT, wrong=["told to retry"])]), "1 lasting"),
    ],
)
def test_each_broken_promise_is_said(found, words):
    (broken,) = found.broken
    assert words in broken
    assert f"- {broken}" in markdown(found)


def test_a_whole_run_needs_enough_of_each_kind():
    assert [words.partition(" ")[0] for words in outcome(whole=True).broken] == ["only"] * 3


def test_what_is_not_possible_here_counts_for_nothing():
    found = outcome(WELL, replace(WELL, recovered=False, impossible="that needs root"))
    assert (found.figures["faults"], found.broken) == (1, [])
    assert "that needs root" in markdown(found)


def test_an_error_is_told_with_what_is_known_of_it():
    told = described(ServiceError(429, "Too Many Requests", 2.0))
    assert (told["error"]["http_status"], told["context"]) == (429, {"retry_after": 2.0})
    assert "context" not in described(KeyError("total"))

"""Conditions that fail are told of once, not at each look."""

import pytest
from sqlalchemy.exc import ProgrammingError
from structlog.testing import capture_logs

from config.alerts import read_text
from core.alerts.failures import Failures
from core.errors import ConfigurationError

(RULE,) = (each.rule for each in read_text(
    "rules: [{name: Full, measure: gauge.last, with: {gauge: disk}, above: 1}]"
).rules)  # fmt: skip


@pytest.fixture
def failures():
    return Failures()


def told(failures, failed, rules=(RULE,)):
    with capture_logs() as lines:
        failures.tell(failed, {"gauge", "component"}, rules)
    return [(line["event"], line.get("rules")) for line in lines]


def broken(parameters):
    return ProgrammingError("SELECT :at", parameters, RuntimeError("no such table\nmore"))


def test_the_same_cause_is_told_once_whatever_moment_was_asked_for(failures):
    assert told(failures, {"gauge": broken({"at": 1})}) == [("alerts.condition_failed", ["Full"])]
    assert told(failures, {"gauge": broken({"at": 2})}) == []


def test_another_cause_and_another_rule_are_told(failures):
    told(failures, {"gauge": broken({})})
    other = {"gauge": ConfigurationError("install the extra")}
    assert told(failures, other) == [("alerts.condition_failed", ["Full"])]
    assert told(failures, other, rules=()) == [("alerts.condition_failed", [])]


def test_the_end_is_told_and_then_it_may_begin_again(failures):
    told(failures, {"gauge": broken({})})
    assert told(failures, {}) == [("alerts.condition_works", None)]
    assert told(failures, {}) == []
    assert told(failures, {"gauge": broken({})}) != []


def test_what_was_not_asked_is_as_it_was(failures):
    told(failures, {"gauge": broken({})})
    with capture_logs() as lines:
        failures.tell({}, {"component"}, ())
    assert lines == []

from datetime import timedelta

import pytest

from core.model import ComponentMinute, IssueMinute
from core.recovery.arguments import ArgumentError
from core.recovery.probe import Question
from core.recovery.probes.error_rate import ErrorRateProbe


@pytest.fixture
def ask(database, clock):
    def question(**arguments):
        return ErrorRateProbe(database, clock).ask(Question("error_rate", arguments, 2.0))

    return question


@pytest.fixture(autouse=True)
def counts(database, clock, project):
    """Nine errors two minutes ago, and one in this minute."""
    with database.transaction() as session:
        for minutes, events in ((2, 9), (0, 1)):
            minute = clock.now() - timedelta(minutes=minutes)
            told = {"project_id": project, "minute": minute, "events": events}
            session.add(IssueMinute(issue_id=7, **told))
            session.add(ComponentMinute(component="checkout", **told))


def test_errors_of_an_issue_or_of_a_component(ask, project):
    for of in ({"issue_id": 7}, {"project_id": project, "component": "checkout"}):
        assert ask(at_most=1, **of).healthy
        assert not ask(at_most=0, **of).healthy
        assert not ask(at_most=3, minutes=3, **of).healthy
        assert ask(at_most=4, minutes=3, **of).healthy


def test_of_what_nobody_counts_there_are_none(ask):
    finding = ask(at_most=0, issue_id=8)
    assert (finding.healthy, finding.summary) == (True, "0 errors in 1 min, at most 0 are well")


def test_it_needs_to_know_what_to_count(ask):
    with pytest.raises(ArgumentError):
        ask(at_most=1)

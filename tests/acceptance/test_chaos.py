"""Everything is killed under load; what was accepted or decided is there once, whatever was hit."""

import pytest

from tests.chaos import drill, scenarios


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    return drill.run(scenarios.SMALL, tmp_path_factory.mktemp("chaos"))


def test_every_fault_was_done_under_load(outcome):
    assert [hit.fault for hit in outcome.hits] == [f.name for f in scenarios.SMALL.faults]
    assert outcome.accepted > 100


def test_what_was_accepted_or_decided_is_there_exactly_once(outcome):
    assert (outcome.lost, outcome.doubled) == ([], [])
    assert outcome.finished == {"done": scenarios.SMALL.pressure.items}


def test_every_promise_was_kept(outcome):
    assert outcome.broken == []

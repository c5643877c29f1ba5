"""Some of the faults of `make recovery-bench`, in a shop that has only a service and its errors."""

import pytest

from tests.chaos.recovery import faults, suite
from tests.chaos.recovery.fault import RECOVERABLE
from tests.chaos.recovery.ground import lean
from tests.chaos.recovery.lasting import LASTING
from tests.chaos.recovery.outcome import Outcome

assert faults.__all__
MENDED = {
    "connection refused then back",
    "hung up without an answer",
    "too many requests",
    "burst of 503",
    "new feature broken",
}
LEFT = {"not found", "forbidden", "not valid", "type error", "setting missing", "module missing"}


@pytest.fixture(scope="module")
def shop(platform, tmp_path_factory):
    with lean(platform, tmp_path_factory.mktemp("recovery")) as made:
        yield made


def test_faults_that_pass_are_mended_without_a_person(shop):
    chosen = [each for each in RECOVERABLE if each.name in MENDED]
    outcome = Outcome(suite.mended(shop, chosen, at_once=3, verdicts=False), whole=False)
    assert [each.name for each in outcome.tried if not each.recovered] == [], outcome.mended


def test_what_lasts_is_given_to_people_and_nothing_is_tried(shop):
    chosen = [each for each in LASTING if each.name in LEFT]
    found = suite.left(shop, chosen)
    assert len(found) == len(LEFT)
    assert [each for each in found if each.wrong] == []

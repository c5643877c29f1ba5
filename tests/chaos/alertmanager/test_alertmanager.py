"""The comparison with Alertmanager: that it finds what differs, and a few of its scenarios."""

from dataclasses import replace

import pytest

from core.store.engine import Database
from tests.chaos.alertmanager import theirs
from tests.chaos.alertmanager.comparison import compare
from tests.chaos.alertmanager.scenario import differences, told
from tests.chaos.alertmanager.scenarios import ALL, DISK, LOAD
from tests.chaos.fault import ImpossibleError

SHARE = (
    "two alerts that differ in severity only",
    "nested routes with continue",
    "the source comes within the wait of its target",
    "silenced before it fires and told when the silence ends",
    "one of two is over within the wait",
)
BOTH, ONE = told("ops", {}, firing=[DISK, LOAD]), told("ops", {}, firing=[DISK])
ELSEWHERE = told("mail", {}, firing=[DISK])
PLAIN = replace(ALL[0], differs="", only_theirs=(), only_ours=())


def test_the_order_counts_within_a_group_only():
    assert differences(PLAIN, [ONE, ELSEWHERE, BOTH], [ELSEWHERE, ONE, BOTH]) == []
    (words,) = differences(PLAIN, [ONE, BOTH], [BOTH, ONE])
    assert "order" in words


def test_what_only_one_tells_is_named():
    found = differences(PLAIN, [ONE, ONE, BOTH], [ONE, BOTH, ELSEWHERE])
    assert [each.partition(":")[0] for each in found] == ["only Alertmanager", "only Mendline"]


def test_a_difference_on_purpose_must_be_there():
    pinned = replace(PLAIN, differs="So it is.", only_ours=(ELSEWHERE,))
    assert differences(pinned, [ONE], [ONE, ELSEWHERE]) == []
    (words,) = differences(pinned, [ONE], [ONE])
    assert words.startswith("no difference any more")


@pytest.fixture(scope="module")
def compared(databases, tmp_path_factory):
    try:
        theirs.program()
    except ImpossibleError as error:
        pytest.skip(str(error))
    chosen = [each for each in ALL if each.name in SHARE]
    with databases.lent() as url:
        database = Database(url)
        found = compare(chosen, database, tmp_path_factory.mktemp("am"), unit=0.25)
        database.dispose()
    return {each.scenario.name: each for each in found}


@pytest.mark.parametrize("name", SHARE)
def test_alertmanager_tells_the_same(compared, name):
    assert compared[name].theirs or compared[name].ours
    assert compared[name].differences == []

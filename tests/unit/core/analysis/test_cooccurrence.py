from math import comb
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.cooccurrence import Together, chance, corrected_chances, hints


def together(shared, own, theirs, total, issue_id=7):
    return Together(issue_id, "minutes", shared, own, theirs, total)


@given(st.data())
def test_the_chance_is_that_of_the_urn(data):
    total = data.draw(st.integers(1, 60))
    own, theirs = (data.draw(st.integers(0, total)) for _ in range(2))
    shared = data.draw(st.integers(max(0, own + theirs - total), min(own, theirs)))
    ways = sum(
        comb(own, k) * comb(total - own, theirs - k)
        for k in range(max(shared, own + theirs - total), min(own, theirs) + 1)
    )
    expected = ways / comb(total, theirs) if shared else 1.0
    assert chance(together(shared, own, theirs, total)) == pytest.approx(expected, rel=1e-6)


def test_corrected_as_benjamini_and_hochberg_did():
    found = corrected_chances([0.01, 0.04, 0.03, 0.005])
    assert found == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(st.lists(st.floats(0, 1)))
def test_correction_makes_nothing_surer(chances):
    found = corrected_chances(chances)
    assert all(q >= p or q == pytest.approx(p) for p, q in zip(chances, found, strict=True))
    assert all(q <= 1 for q in found)


def test_what_comes_together_is_hinted_at_with_its_figures():
    (hint,) = hints([together(18, 20, 25, 1_440)])
    assert hint.q < 1e-6
    assert hint.reason.startswith("Comes together with it in 18 minutes of its 20; by chance 0.3")


@pytest.mark.parametrize(
    "found",
    [together(2, 2, 2, 1_440), together(900, 1_000, 1_200, 1_440), together(5, 60, 120, 1_440)],
    ids=["too few", "both are always there", "as chance has it"],
)
def test_what_tells_nothing_is_not(found):
    assert hints([found]) == []


def test_chance_alone_gives_hardly_a_hint_among_many():
    rng = Random(3)
    minutes = range(1_440)
    mine = set(rng.sample(minutes, 100))
    found = []
    for issue_id in range(200):
        theirs = set(rng.sample(minutes, rng.randrange(20, 300)))
        found.append(together(len(mine & theirs), 100, len(theirs), 1_440, issue_id))
    assert len(hints(found)) <= 2


def test_the_surest_comes_first():
    found = hints([together(6, 20, 60, 1_440, 1), together(19, 20, 22, 1_440, 2)])
    assert [hint.together.issue_id for hint in found] == [2, 1]

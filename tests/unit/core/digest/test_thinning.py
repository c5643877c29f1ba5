from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.digest.thinning import IssueMinuteKey, Thinning, kept
from tests.conftest import NOON
from tests.unit.core.digest.made import digested

RULE = Thinning(above=3, keep=4)


def flood(count, *, issue=1, seconds=0):
    at = NOON + timedelta(seconds=seconds)
    return [(issue, digested(number, received_at=at)) for number in range(count)]


def test_all_stay_up_to_the_threshold_then_one_in_so_many():
    answers = kept(flood(12), {}, RULE)
    assert [place for place, stays in enumerate(answers) if stays] == [0, 1, 2, 3, 7, 11]


def test_what_was_stored_before_counts():
    earlier = {IssueMinuteKey(1, NOON): 4}
    assert kept(flood(4), earlier, RULE) == [False, False, False, True]


def test_issues_and_minutes_are_thinned_each_by_itself():
    mixed = flood(3) + flood(3, issue=2) + flood(3, seconds=60)
    assert all(kept(mixed, {}, RULE))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_it_makes_no_difference_how_a_flood_is_cut_into_batches(cuts):
    whole, pieces, earlier = kept(flood(sum(cuts)), {}, RULE), [], 0
    for cut in cuts:
        pieces += kept(flood(cut), {IssueMinuteKey(1, NOON): earlier}, RULE)
        earlier += cut
    assert pieces == whole

"""Keys of stored issues must be found for ever: by the edition that made them, and by a newer one
only under a higher version.
"""

from itertools import pairwise

import pytest

from core.analysis import CURRENT
from core.analysis.edition import NEWEST
from core.analysis.editions import OLDER
from tests.unit.core.analysis.editions.pinned import keys, read

EDITIONS = (NEWEST, *OLDER)


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda each: f"version {each.version}")
def test_keys_stay_the_same_for_ever(edition):
    """Where this fails for the newest edition: keep what stood as an older one, raise
    GROUPING_VERSION, and pin the new keys beside the old.
    """
    assert keys(edition) == read()[str(edition.version)]


def test_every_version_with_an_edition_is_pinned():
    assert set(read()) == {str(edition.version) for edition in EDITIONS}


def test_older_algorithms_come_newest_first_and_have_other_keys():
    versions = [CURRENT.version, *(algorithm.version for algorithm in CURRENT.older)]
    assert versions == sorted(versions, reverse=True)
    assert len(versions) == len(set(versions)) == len(EDITIONS)
    pinned = [read()[str(version)] for version in versions]
    assert all(keys != older for keys, older in pairwise(pinned))
    assert all(keys.keys() == pinned[0].keys() for keys in pinned)

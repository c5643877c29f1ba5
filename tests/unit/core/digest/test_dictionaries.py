import pytest

from core.digest.dictionaries import FIRST, due, order


@pytest.mark.parametrize(
    ("stored", "version", "expected"),
    [
        (FIRST - 1, 0, False),
        (FIRST, 0, True),
        (FIRST, 1, False),
        (30 * FIRST, 1, True),
        (30 * FIRST, 2, False),
        (900 * FIRST, 2, True),
    ],
)
def test_the_next_dictionary_is_due_after_ever_more_events(stored, version, expected):
    assert due(stored, version) is expected


def test_a_project_trains_one_dictionary_at_a_time():
    assert order(7).unique_key == order(7).unique_key != order(8).unique_key

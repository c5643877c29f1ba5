from datetime import UTC, datetime

import pytest

from core.deadletters import LetterFilter

WHOLE = LetterFilter(
    ids=[1, 2],
    projects=[3],
    states=["open"],
    tasks=["a.b"],
    reasons=["poison"],
    queues=["alerts"],
    groups=["f0"],
    since=datetime(2026, 3, 1, tzinfo=UTC),
    until=datetime(2026, 3, 2, tzinfo=UTC),
    query="two words",
)


@pytest.mark.parametrize("wanted", [WHOLE, LetterFilter()], ids=["whole", "empty"])
def test_written_and_read_it_is_the_same(wanted):
    found = LetterFilter.read(wanted.written())
    assert found.written() == wanted.written()
    assert len(found.conditions()) == len(wanted.conditions())


def test_what_is_not_asked_is_not_written():
    assert LetterFilter(tasks=["a.b"]).written() == {"task": ["a.b"]}


@pytest.mark.parametrize(
    ("wanted", "narrows"),
    [
        (LetterFilter(tasks=["a"]), True),
        (LetterFilter(query="a"), True),
        (LetterFilter(ids=[1]), True),
        (LetterFilter(since=datetime(2026, 3, 1, tzinfo=UTC)), True),
        (LetterFilter(projects=[1], states=["open"]), False),
        (LetterFilter(query="  "), False),
    ],
)
def test_everything_is_no_choice(wanted, narrows):
    assert wanted.narrows is narrows

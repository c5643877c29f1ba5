import pytest

from core.analysis.patterns.reading import VALUE
from core.analysis.patterns.slots import NEVER, enough, is_identifier


def needed(form, *words):
    tokens = tuple(form.split())
    return enough(tokens, tokens.index(VALUE), words)


@pytest.mark.parametrize(
    ("form", "words", "expected"),
    [
        ("<*>", "normal warning", NEVER),
        ("<*> startup succeeded", "cupsd klogd", 12),
        ("session <*> again", "opened closed", 6),
        ("mode = <*> set", "on off", 3),
        ("failed for <*> again", "root admin", 4),
        ("hive ' <*> ' read", "software system", 3),
        ("filter class <*> added", "a.B c.D", 3),
        ("session opened for user <*>", "root news", 2),
        ("moved from <*> away", "NEW RUNNING", 6),
        (f"took {VALUE} tries", f"{VALUE} few", 2),
        (f"tries {VALUE}", f"{VALUE} few", 6),
        ("one two <*> three four five six seven eight", "opened closed", 3),
    ],
)
def test_what_it_takes(form, words, expected):
    assert needed(form, *words.split()) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a.B", True),
        ("jobHistory", True),
        ("snake_case", True),
        ("NEW_STATE", False),
        ("word", False),
    ],
)
def test_identifiers(word, expected):
    assert is_identifier(word) is expected

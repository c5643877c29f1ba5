import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.rules.glob import globs, joined
from core.analysis.rules.glob import test_for as fits

LETTERS = st.text("ab.*?", max_size=8)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("KeyError", "keyerror"),
        ("*error", "keyerror"),
        ("key*", "keyerror"),
        ("*", ""),
        ("a*b*c", "a-b-b-c"),
        ("order ??", "order 17"),
        ("*time?out*", "it timed: time-out, again"),
        ("*\n*", "two\nlines"),
        ("[Errno 2]*", "[errno 2] no such file"),
    ],
)
def test_what_fits(pattern, value):
    assert fits(pattern)(value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [("KeyError", "keyerrors"), ("a*a", "a"), ("?", ""), ("a*b*c", "a-c-b"), ("a?c*", "ac")],
)
def test_what_does_not(pattern, value):
    assert not fits(pattern)(value)


@given(LETTERS, LETTERS)
def test_it_means_what_the_plain_expression_means(pattern, value):
    parts = {"*": ".*", "?": "."}
    plain = "".join(parts.get(each, re.escape(each)) for each in pattern)
    assert fits(pattern)(value) == bool(re.fullmatch(plain, value, re.DOTALL))


@pytest.mark.parametrize("pattern", ["*a" * 200 + "!", "*a?" * 150 + "!"])
def test_no_pattern_takes_for_ever(pattern):
    begun = time.monotonic()
    fits(pattern)("a" * 8_000)
    assert time.monotonic() - begun < 5


@given(st.lists(LETTERS, max_size=3), st.lists(st.text("aB.\x00", max_size=6), max_size=3))
def test_all_at_once_is_the_same_as_one_by_one(patterns, values):
    plain = [value.lower().replace("\x00", " ") for value in values if value]
    expected = any(fits(pattern)(value) for pattern in patterns for value in plain)
    assert globs(patterns).fit(joined(values)) == expected

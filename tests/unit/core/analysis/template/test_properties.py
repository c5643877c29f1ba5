import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.analysis.template import MAX_LENGTH, masked, normalise
from core.analysis.template.scanner import read
from tests.unit.core.analysis.template.blocks import blocks
from tests.unit.core.analysis.template.values import VALUES

# A guard against exponential patterns, far above what is usual.
GENEROUS = 5
FRAMES = [
    "{}", "before {}", "{} after", "before {} after", "before {}, after", "it was {}.",
    "x={} y", "seen: {}", "seen ({}) once", "got [{}] once", "one {}; b", "from {} to nowhere",
    "seen:{}", "is {}!", "really {}?", "<{}> seen", "'{}' seen", '"{}"', "{{{}}}",
]  # fmt: skip
PIECES = [
    "1", "a", "A", ".", ":", "-", "/", "\\", " ", "@", "=", "'", '"', "(", ")", "0x", "::", "1.",
    "a/", "_", "eyJ", "http://", "1,", "ab1", "#0 ", "é", "<n>", "%", "[", "\n", "{", "}", "Jan ",
    "Mon, ", "12:", "2024-", "T", "+", "x", "Z", "`", "«", "“", "VALUES (", "IN (", "?", "&", "1s",
    "1 day", "error ", "code ", "\x1b[", "\x1b", "\ud800", "\x00", "aB3", "ab-", "1-", "'a',", "~/",
    "a.", ".py", "\\x41", "0a:", "fe80::", "<str>", "==", "b'", "a=", " and ", "<n>, ",
]  # fmt: skip


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_values_of_a_kind_are_alike_wherever_they_stand(kind, data):
    frame = data.draw(st.sampled_from(FRAMES))
    one, other = data.draw(st.tuples(VALUES[kind], VALUES[kind]))
    assert normalise(frame.format(one)) == normalise(frame.format(other))


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_value_is_named_by_its_kind(kind, data):
    value = data.draw(VALUES[kind])
    assert normalise(f"before {value} after") == f"before <{kind}> after"


@given(st.text(max_size=300))
@settings(deadline=None)
def test_a_template_is_its_own_template(message):
    assert normalise(normalise(message)) == normalise(message)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_a_template_of_odd_pieces_is_its_own_template(message):
    once = normalise(message)
    assert normalise(once) == once
    assert len(once) <= MAX_LENGTH


@pytest.mark.parametrize("message", [line for block in blocks("same.txt") for line in block[:2]])
def test_a_template_of_a_message_is_its_own_template(message):
    once = normalise(message)
    assert normalise(once) == once


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.integers(1, 1_500))
@settings(deadline=None, max_examples=150)
@example(["'", " "], 1_000)
@example(["a", "/"], 1_000)
@example(["1", "."], 1_000)
def test_no_text_takes_long(pieces, times):
    started = time.process_time()
    once = normalise("".join(pieces) * times)
    assert normalise(once) == once
    assert time.process_time() - started < GENEROUS


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("last", ["", "!", "'", "\x00", ".x"])
def test_one_reading_takes_time_in_step_with_the_length(piece, last):
    text = piece * (2_000 // len(piece)) + last
    started = time.process_time()
    read(text)
    assert time.process_time() - started < GENEROUS / 10


@pytest.mark.parametrize(
    "text", ["\ud800 5", "\x00 5", "a" * 100_000, "1" * 100_000, "{" * 100_000]
)
def test_odd_texts_have_templates(text):
    assert len(normalise(text)) <= MAX_LENGTH
    assert masked(text) is not None


def test_words_of_other_alphabets_take_no_longer():
    started = time.process_time()
    for number in range(100):
        assert normalise(f"{number} {'失敗' * 1_000}") == f"<n> {'失敗' * 1_000}"
    assert time.process_time() - started < GENEROUS


@pytest.mark.parametrize("address", ["müller@example.com", "jürgen.x@example.com"])
def test_an_address_is_taken_as_a_whole_whatever_its_letters(address):
    assert normalise(f"no mail to {address}, sorry") == "no mail to <email>, sorry"

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.sanitise import MAX_DEPTH, TOO_DEEP, deeper_than, sanitise


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "clean", "tag"),
    [
        ("a\x00b", "ab", "nul"),
        ("\ud83d\ude00", "😀", "surrogate"),
        ("a\udc00", "a\ufffd", "surrogate"),
        (2**63, str(2**63), "bigint"),
        (-(2**63) - 1, str(-(2**63) - 1), "bigint"),
        (math.inf, "inf", "nan"),
        (math.nan, None, "nan"),
        ((1, 2), [1, 2], "shape"),
        (b"x\xff", "x\ufffd", "shape"),
        ({1: "a"}, {"1": "a"}, "shape"),
        ({"a\x00": 1}, {"a": 1}, "nul"),
    ],
)
def test_each_oddity_is_replaced_and_told(value, clean, tag):
    assert sanitise(value) == (clean, (tag,))


@pytest.mark.parametrize("value", [None, True, 0, 2**63 - 1, -(2**63), 1.5, "x", [], {"a": [1]}])
def test_plain_values_stay(value):
    assert sanitise(value) == (value, ())


def test_a_number_too_long_for_decimals_is_written_in_hex():
    assert sanitise(1 << 100_000).value.startswith("0x1000")


def test_other_types_become_text():
    assert sanitise({"a": object}).value == {"a": "<class 'object'>"}


def test_deep_values_are_cut():
    clean, tags = sanitise(nested(MAX_DEPTH + 5))
    assert tags == ("depth",)
    assert not deeper_than(clean, MAX_DEPTH)
    for _ in range(MAX_DEPTH):
        clean = clean[0]
    assert clean == TOO_DEEP


@pytest.mark.parametrize(("depth", "limit", "deeper"), [(3, 3, False), (4, 3, True), (1, 0, True)])
def test_depth_counts_containers(depth, limit, deeper):
    assert deeper_than(nested(depth), limit) is deeper
    assert deeper_than({"a": nested(depth)}, limit + 1) is deeper


def test_scalars_have_no_depth():
    assert not deeper_than("x", 0)


def test_very_deep_values_need_no_recursion():
    assert deeper_than(nested(50_000), MAX_DEPTH)


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.text(st.characters(categories=["Cs", "Cc"]))
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers())
    ),
    max_leaves=20,
)


def texts(value):
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for member in value.values() for text in texts(member))]
    return [text for member in value for text in texts(member)] if isinstance(value, list) else []


@given(ANY)
def test_whatever_comes_can_be_stored(value):
    clean = sanitise(value).value
    assert orjson.loads(orjson.dumps(clean)) == clean
    assert not any("\x00" in text for text in texts(clean))


@given(ANY)
def test_cleaning_twice_changes_nothing(value):
    clean = sanitise(value).value
    assert sanitise(clean) == (clean, ())

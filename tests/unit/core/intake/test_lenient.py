import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.intake import document, lenient
from core.intake.sanitise import sanitise
from tests.unit.core.intake.samples import refusal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_plain_json_has_no_tags():
    assert lenient.loads(b'{"a": [1, "x"]}') == ({"a": [1, "x"]}, ())


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": NaN}', "nan"),
        (b'{"a": Infinity}', "inf"),
        (b'{"a": 1e999}', "inf"),
        (b'{"a": "x\ny"}', "x\ny"),
        (b'{"a": "\\ud800"}', "\ud800"),
    ],
)
def test_what_only_a_lenient_parser_takes(data, value):
    loaded = lenient.loads(data)
    assert str(loaded.value["a"]) == value
    assert loaded.tags == ("lenient_json",)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", "9223372036854775808"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1" * 6_000, "1" * 6_000),
        ("0.12345678901234567890", 0.12345678901234568),
    ],
)
def test_numbers_beyond_64_bits_stay_as_written(written, value):
    assert lenient.loads(f'{{"a": {written}}}'.encode()).value == {"a": value}


@pytest.mark.parametrize("text", [b'"x\\ud800"', b'"x\x00"', b"NaN", b'"\xe4"'])
def test_beside_a_long_number_odd_values_are_told_and_made_storable_too(text):
    written = b'{"a": %b, "id": 1234567890123456789}' % text
    assert "lenient_json" in lenient.loads(written).tags
    value = document.load(written).value
    assert sanitise(value) == (value, ())
    assert value["id"] == 1234567890123456789


@pytest.mark.parametrize("data", [b"", b"{", b"nonsense", b"{'a': 1}", b"[" * 100_000])
def test_what_is_no_json_is_refused(data):
    with pytest.raises(InvalidInputError):
        lenient.loads(data)


def test_windows_1252_is_read_and_told():
    loaded = lenient.loads('{"a": "Größe € 5 €"}'.encode("cp1252"))
    assert loaded.value == {"a": "Größe € 5 €"}
    assert "charset:windows-1252" in loaded.tags


def test_bytes_without_a_letter_in_it_are_kept():
    assert lenient.loads(b'{"a": "\x81\xe4"}').value == {"a": "\x81ä"}


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(charset):
    assert lenient.loads('{"a": "ä"}'.encode(charset)).value == {"a": "ä"}


@given(JSON)
def test_valid_json_comes_back(value):
    loaded = lenient.loads(json.dumps(value).encode())
    assert loaded.value == json.loads(json.dumps(value), parse_int=lenient._integer)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    error = refusal(lenient.loads, data)
    assert error is None or error.http_status == 400


@given(JSON)
def test_a_document_is_clean_whatever_was_in_it(value):
    clean = document.load(json.dumps(value).encode()).value
    assert sanitise(clean) == (clean, ())


def test_a_nul_is_taken_out_and_told():
    assert document.load(b'{"a": "x\\u0000y"}') == ({"a": "xy"}, ("nul",))

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError, TooLargeError
from core.intake import envelope
from tests.unit.core.intake.samples import refusal

ID = "9ec79c33ec9942ab8353589fcb2e04dc"


def parse(data, max_items=100):
    return envelope.parse(data, max_items=max_items)


def items(data):
    return [(item.type, item.payload) for item in parse(data).items]


def framed(pieces, *, length=True, last_newline=True):
    """An envelope of `(type, payload)` pieces."""
    lines = [b'{"event_id":"%s"}' % ID.encode()]
    for kind, payload in pieces:
        header = {"type": kind} | ({"length": len(payload)} if length else {})
        lines += [json.dumps(header).encode(), payload]
    return b"\n".join(lines) + (b"\n" if last_newline else b"")


@pytest.mark.parametrize("last_newline", [True, False])
def test_with_a_length_the_payload_is_exact(last_newline):
    data = framed([("event", b'{"a":\n1}'), ("attachment", b"\n\n")], last_newline=last_newline)
    assert items(data) == [("event", b'{"a":\n1}'), ("attachment", b"\n\n")]


@pytest.mark.parametrize("last_newline", [True, False])
def test_without_a_length_it_ends_with_the_line(last_newline):
    data = framed([("event", b'{"a":1}')], length=False, last_newline=last_newline)
    assert items(data) == [("event", b'{"a":1}')]


def test_a_carriage_return_belongs_to_the_payload():
    assert items(b'{}\n{"type":"x"}\nhello\r\n') == [("x", b"hello\r")]


def test_headers_may_end_with_one():
    assert items(b'{}\r\n{"type":"x","length":2}\r\nhi') == [("x", b"hi")]


@pytest.mark.parametrize(
    "data",
    [
        b'{}\n{"type":"x","length":0}\n\n',
        b'{}\n{"type":"x","length":0}\n',
        b'{}\n{"type":"x","length":0}',
        b'{}\n{"type":"x"}\n\n',
        b'{}\n{"type":"x"}\n',
        b'{}\n{"type":"x"}',
    ],
)
def test_an_empty_item(data):
    assert items(data) == [("x", b"")]


def test_two_empty_items():
    data = b'{}\n{"type":"a","length":0}\n\n{"type":"b","length":0}\n\n'
    assert items(data) == [("a", b""), ("b", b"")]


@pytest.mark.parametrize("data", [b"{}", b"{}\n", b"{}\n\n", b'{"event_id":"x","what":[1]}\n\n\n'])
def test_an_empty_envelope(data):
    assert items(data) == []


def test_blank_lines_between_items_are_passed_over():
    assert items(b'{}\n\n{"type":"a"}\nx\n\n\n{"type":"b"}\ny\n\n') == [("a", b"x"), ("b", b"y")]


def test_millions_of_blank_lines_take_no_time():
    blank = b"\n" * 20_000_000
    begun = time.process_time()
    assert items(b'{}\n{"type":"a"}\nx\n' + blank + b'{"type":"b"}\ny' + blank) == [
        ("a", b"x"),
        ("b", b"y"),
    ]
    assert time.process_time() - begun < 1.0


def test_unknown_types_and_headers_are_kept_for_the_caller_to_skip():
    data = b'{"event_id":"x","new":1}\n{"type":"hologram","length":2,"new":{"a":[]}}\nhi\n'
    assert items(data) == [("hologram", b"hi")]


def test_an_item_without_a_readable_type_has_none():
    assert items(b'{}\n{"length":2}\nhi\n{"type":7}\nyo') == [("", b"hi"), ("", b"yo")]


def test_the_header_is_read():
    header = parse(b'{"event_id":"e","dsn":"d","sent_at":"s","trace":{}}\n').header
    assert (header.event_id, header.dsn, header.sent_at) == ("e", "d", "s")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"[]\n",
        b"nonsense\n",
        b"{\n",
        b'{}\n{"type":"x","length":5}\nhi',
        b'{}\n{"type":"x","length":1}\nhi\n',
        b'{}\n{"type":"x","length":-1}\nhi\n',
        b'{}\n{"type":"x","length":"2"}\nhi\n',
        b'{}\n{"type":"x","length":true}\nh\n',
        b"{}\nnonsense\nhi\n",
        b"{}\n[]\nhi\n",
        b"{}\n" + b'{"type":' * 2_000 + b"\n",
    ],
)
def test_malformed_envelopes_are_refused(data):
    with pytest.raises(InvalidInputError, match="malformed envelope") as caught:
        parse(data)
    assert caught.value.context["reason"] == "malformed"


def test_too_many_items_are_refused():
    data = framed([("session", b"{}")] * 11)
    assert len(parse(data, max_items=11).items) == 11
    with pytest.raises(TooLargeError):
        parse(data, max_items=10)


def test_the_event_is_found_among_others():
    data = framed([("client_report", b"{}"), ("event", b'{"a":1}'), ("attachment", b"x")])
    assert envelope.event_of(data) == b'{"a":1}'


def test_an_envelope_without_an_event_has_none():
    with pytest.raises(InvalidInputError):
        envelope.event_of(framed([("session", b"{}")]))


KINDS = st.sampled_from(["event", "attachment", "session", "client_report", "hologram"])


@given(st.lists(st.tuples(KINDS, st.binary(max_size=60)), max_size=6), st.booleans())
def test_what_was_framed_comes_back(pieces, last_newline):
    assert items(framed(pieces, last_newline=last_newline or not pieces)) == pieces


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data):
    error = refusal(parse, data)
    assert error is None or error.http_status == 400


PIECES = st.lists(
    st.sampled_from([b"{}", b"\n", b"\r", b'{"type":"event"}', b'{"length":3}', b"abc", b"\xff"]),
    max_size=12,
)


@given(PIECES)
def test_any_mixture_of_pieces_is_parsed_or_refused(pieces):
    error = refusal(parse, b"{}\n" + b"".join(pieces))
    assert error is None or error.http_status == 400

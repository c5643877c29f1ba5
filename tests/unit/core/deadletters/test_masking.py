import base64

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.deadletters import masked
from core.deadletters.masking import raw_masked
from core.model import DeadLetter

BODY = b'[[], {"to": "ops", "password": "hunter2"}, {}]'


def shown(**fields):
    return str(masked(DeadLetter(task="a.b", **fields)))


@pytest.mark.parametrize(
    "fields",
    [
        {"arguments": {"args": [{"api_key": "hunter2"}], "kwargs": {}}},
        {"raw": BODY},
        {"headers": {"id": "1", "authorization": "hunter2"}},
        {"headers": {"id": "1", "kwargsrepr": "{'pin': 'hunter2'}"}},
        {"message": "cannot reach redis://:hunter2@h:6379/0"},
        {"history": [{"message": "postgresql://u:hunter2@h/d is away"}]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_secrets_are_masked_wherever_they_stand(fields):
    assert "hunter2" not in shown(**fields)


def test_what_is_no_secret_stays():
    assert "'to': 'ops'" in shown(raw=BODY)


@pytest.mark.parametrize("pack", [lambda body: base64.b64encode(body).decode(), bytes.decode])
def test_a_body_in_an_envelope_is_masked_too(pack):
    envelope = orjson.dumps({"body": pack(BODY), "headers": {}})
    found = raw_masked(envelope)
    assert "hunter2" not in found
    assert "ops" in found


@pytest.mark.parametrize("raw", [b"{password=hunter2", b"\xff\xfe redis://:hunter2@h/0"])
def test_what_cannot_be_read_is_masked_by_its_form(raw):
    assert "hunter2" not in raw_masked(raw)


def test_nested_envelopes_end():
    raw = BODY
    for _ in range(9):
        raw = orjson.dumps({"body": base64.b64encode(raw).decode()})
    assert raw_masked(raw)


DEEP = [b"[" * 900 + b"]" * 900, b'{"a":' * 900 + b"1" + b"}" * 900]


@pytest.mark.parametrize("raw", [*DEEP, b"[[" + DEEP[0] + b'],{"a":' + DEEP[1] + b"},{}]"])
def test_what_is_too_deep_is_shown_all_the_same(raw):
    found = masked(DeadLetter(task="a.b", raw=raw))
    assert orjson.dumps(found)


@given(st.binary(max_size=200))
def test_no_bytes_cannot_be_shown(raw):
    assert isinstance(raw_masked(raw), str)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=9), each, max_size=3)
    ),
    max_leaves=9,
)


@given(JSON, JSON)
@example(None, -(2**63) - 1)
def test_no_arguments_cannot_be_shown(args, kwargs):
    assert masked(DeadLetter(task="a.b", arguments={"args": args, "kwargs": kwargs}))

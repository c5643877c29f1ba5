import dataclasses
import gzip
import json
import uuid
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake import reader
from core.intake.item import Encoding, InboxItem, Kind
from core.intake.submission import from_envelope, from_report, from_store
from tests.unit.core.intake.samples import EVENT, ID, LIMITS, NOON, arrival, envelope


def row(body, kind=Kind.EVENT, encoding=Encoding.IDENTITY, hints=None):
    return InboxItem(7, uuid.UUID(ID), NOON, kind, encoding, body, hints)


def event_row(**fields):
    return row(json.dumps(fields).encode())


def through(body, parse):
    (item,) = parse(arrival(body), LIMITS).items
    return reader.read(item).event


def test_every_way_in_gives_the_same_message():
    by_envelope = through(envelope(("event", EVENT)), from_envelope)
    by_store = through(json.dumps(EVENT).encode(), from_store)
    by_report = through(b'{"error": "boom"}', from_report)
    assert [e["logentry"]["formatted"] for e in (by_envelope, by_store, by_report)] == ["boom"] * 3


def test_the_id_is_that_of_the_row():
    event, tags = reader.read(row(gzip.compress(envelope(("event", EVENT))), 1, 1))
    assert event["event_id"] == ID
    assert tags == ()


def test_a_time_nearby_is_kept():
    when = (NOON - timedelta(hours=3)).isoformat()
    event, tags = reader.read(event_row(timestamp=when))
    assert (event["timestamp"], tags) == ("2026-03-01T09:00:00.000Z", ())


def test_a_time_far_off_is_clamped_and_both_are_kept():
    event, tags = reader.read(event_row(timestamp="2020-01-01T00:00:00Z", contexts={"a": {"b": 1}}))
    assert event["timestamp"] == "2026-03-01T12:00:00.000Z"
    assert event["contexts"]["mendline"]["claimed_timestamp"] == "2020-01-01T00:00:00.000Z"
    assert event["contexts"]["a"] == {"b": 1}
    assert tags == ("clamped_timestamp",)


@pytest.mark.parametrize("contexts", ["odd", {"mendline": "odd"}, None])
def test_also_where_there_is_no_good_place(contexts):
    event, _ = reader.read(event_row(timestamp=1, contexts=contexts))
    assert event["contexts"]["mendline"]["claimed_timestamp"] == "1970-01-01T00:00:01.000Z"


@pytest.mark.parametrize("timestamp", [None, "soon", {}])
def test_no_time_is_the_time_of_arrival(timestamp):
    event, tags = reader.read(event_row(timestamp=timestamp))
    assert (event["timestamp"], tags) == ("2026-03-01T12:00:00.000Z", ())


def test_odd_values_are_made_storable_and_told():
    event, tags = reader.read(row(b'{"a": "x\\u0000", "b": 123456789012345678901234567890}'))
    assert (event["a"], event["b"]) == ("x", "123456789012345678901234567890")
    assert tags == ("nul",) or set(tags) == {"nul", "bigint"}


def test_hints_of_the_request_are_told():
    _, tags = reader.read(row(b"{}", hints={"tags": ["charset:windows-1252"]}))
    assert tags == ("charset:windows-1252",)


@pytest.mark.parametrize(
    "odd",
    [
        row(b"not json"),
        row(b"[]"),
        row(b"", Kind.ENVELOPE),
        row(b"{}\n", Kind.ENVELOPE),
        row(b"{}", Kind.REPORT),
        row(b"not gzip", encoding=Encoding.GZIP),
        dataclasses.replace(row(b"{}"), encoding=99),
        row(b"[" * 100_000),
    ],
)
def test_what_cannot_be_read_is_shown(odd):
    event, tags = reader.read(odd)
    assert tags[0] == "unreadable"
    assert event["event_id"] == ID
    assert event["extra"]["bytes"] == len(odd.body)
    json.dumps(event)


@given(st.binary(max_size=200), st.sampled_from(Kind), st.sampled_from(Encoding))
def test_any_row_is_read(body, kind, encoding):
    event, _ = reader.read(row(body, kind, encoding))
    assert event["event_id"] == ID
    assert isinstance(event["timestamp"], str)
    json.dumps(event, ensure_ascii=False).encode()

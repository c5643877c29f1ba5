import base64
import json
import tracemalloc
import uuid
import zlib
from contextlib import contextmanager
from dataclasses import replace

import pytest

from core.errors import InvalidInputError, TooLargeError
from core.intake import reader
from core.intake.compression import decompress
from core.intake.item import Encoding, Kind
from core.intake.submission import from_envelope, from_report, from_reports, from_store
from tests.unit.core.intake.samples import EVENT, ID, LIMITS, OTHER_ID, arrival, envelope


def taken(body, parse=from_envelope, **options):
    return parse(arrival(body, **options), LIMITS)


def test_an_envelope_of_one_event_is_kept_as_it_came():
    body = envelope(("event", EVENT))
    submission = taken(body, gzipped=True)
    (item,) = submission.items
    assert (item.kind, item.encoding) == (Kind.ENVELOPE, Encoding.GZIP)
    assert item.body == arrival(body, gzipped=True).body
    assert item.project_id == 7
    assert item.hints is None


def test_uncompressed_ones_are_packed_when_large():
    (item,) = taken(envelope(("event", EVENT | {"extra": "x" * 3_000}))).items
    assert (item.kind, item.encoding) == (Kind.ENVELOPE, Encoding.ZSTD)
    assert len(item.body) < 500


def test_small_ones_are_not():
    body = envelope(("event", EVENT))
    (item,) = taken(body).items
    assert (item.kind, item.encoding, item.body) == (Kind.ENVELOPE, Encoding.IDENTITY, body)


def test_beside_other_items_only_the_event_is_kept():
    body = envelope(("client_report", {}), ("event", EVENT), ("attachment", b"x" * 4_000))
    submission = taken(body, gzipped=True)
    (item,) = submission.items
    assert item.kind == Kind.EVENT
    assert json.loads(decompress(item.encoding, item.body, cap=9_999)) == EVENT
    assert submission.skipped == {"client_report": 1, "attachment": 1}


@pytest.mark.parametrize("end", [b"", b"\n" * 200_000])
def test_of_an_envelope_that_is_mostly_something_else_only_the_event_is_kept(end):
    header = {"event_id": ID} | ({} if end else {"trace": "x" * 200_000})
    packed = arrival(envelope(("event", EVENT), header=header) + end, gzipped=True)
    (item,) = from_envelope(packed, replace(LIMITS, decompressed=10**6)).items
    assert (item.kind, item.event_id) == (Kind.EVENT, uuid.UUID(ID))
    assert len(item.body) < 200


def test_the_id_of_the_header_wins():
    submission = taken(envelope(("event", EVENT)))
    assert submission.event_id == uuid.UUID(ID) == submission.items[0].event_id


@pytest.mark.parametrize("header", [{}, {"event_id": "odd"}, {"event_id": "0" * 32}])
def test_then_that_of_the_event(header):
    submission = taken(envelope(("event", EVENT), header=header))
    assert submission.event_id == uuid.UUID(OTHER_ID) == submission.items[0].event_id


def test_then_one_is_made():
    first, second = (taken(envelope(("event", {}), header={})) for _ in range(2))
    assert first.event_id == first.items[0].event_id != second.event_id


def test_a_second_event_is_refused_and_the_first_is_taken():
    submission = taken(envelope(("event", EVENT), ("event", {"message": "again"})))
    assert len(submission.items) == 1
    assert submission.rejected == {"duplicate_item": 1}
    assert reader.read(submission.items[0]).event["message"] == "boom"


def test_what_is_no_error_is_counted_by_kind():
    body = envelope(("session", {}), ("session", {}), ("log", {}), ("hologram", b""))
    submission = taken(body)
    assert submission.items == []
    assert submission.skipped == {"session": 2, "log": 1, "unknown": 1}
    assert submission.event_id == uuid.UUID(ID)


@pytest.mark.parametrize("parse", [from_envelope, from_store])
def test_a_transaction_sent_as_an_event_is_skipped(parse):
    payload = {"type": "transaction", "event_id": ID}
    body = envelope(("event", payload)) if parse is from_envelope else json.dumps(payload).encode()
    submission = taken(body, parse)
    assert submission.items == []
    assert submission.skipped == {"transaction": 1}


def test_an_empty_envelope_is_fine():
    submission = taken(b"{}\n")
    assert (submission.items, submission.skipped, submission.event_id) == ([], {}, None)


@pytest.mark.parametrize("parse", [from_envelope, from_store, from_report, from_reports])
def test_an_empty_body_is_not(parse):
    with pytest.raises(InvalidInputError):
        taken(b"", parse)


@pytest.mark.parametrize("payload", [b"", b"[]", b'"text"', b"nonsense", b"{", b"[" * 4_000])
def test_an_event_must_be_an_object(payload):
    with pytest.raises(InvalidInputError):
        taken(envelope(("event", payload)))


ODD = [b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"a": "\xe4"}', b'{"a": 1e999}', b'{"a": "x\ty"}',
       b'{"a": 123456789012345678901234567890}']  # fmt: skip


@pytest.mark.parametrize("payload", ODD)
def test_odd_json_is_taken(payload):
    (item,) = taken(envelope(("event", payload))).items
    event, tags = reader.read(item)
    assert event["event_id"] == ID
    assert "unreadable" not in tags


def test_an_event_above_the_limit_is_too_large():
    fits = json.dumps({"a": "x" * 4_900}).encode()
    assert taken(envelope(("event", fits))).items
    with pytest.raises(TooLargeError):
        taken(envelope(("event", fits + b" " * 200)))


def test_other_items_may_be_larger():
    assert taken(envelope(("attachment", b"x" * 9_000), ("event", EVENT))).items


def test_the_whole_must_stay_below_the_cap():
    with pytest.raises(TooLargeError):
        taken(envelope(("attachment", bytes(30_000)), ("event", EVENT)), gzipped=True)


def test_store_takes_one_event():
    (item,) = taken(json.dumps(EVENT).encode(), from_store).items
    assert (item.kind, item.event_id) == (Kind.EVENT, uuid.UUID(OTHER_ID))


def test_store_takes_what_the_oldest_clients_sent():
    body = base64.b64encode(zlib.compress(json.dumps(EVENT).encode()))
    (item,) = taken(body, from_store).items
    assert reader.read(item).event["message"] == "boom"


def test_store_refuses_other_text():
    with pytest.raises(InvalidInputError):
        taken(b"bm9uc2Vuc2U=", from_store)


def report(**more):
    return {"error": "boom", **more}


def test_a_report_is_taken():
    submission = taken(json.dumps(report(event_id=ID)).encode(), from_report)
    (item,) = submission.items
    assert (item.kind, item.event_id, item.hints) == (Kind.REPORT, uuid.UUID(ID), None)
    assert submission.reports == [report(event_id=ID)]


def test_a_report_in_another_charset_is_tagged():
    (item,) = taken('{"error": "Größe"}'.encode("cp1252"), from_report).items
    assert "charset:windows-1252" in item.hints["tags"]
    event, tags = reader.read(item)
    assert event["logentry"]["formatted"] == "Größe"
    assert "charset:windows-1252" in tags


def test_a_batch_is_taken_whole():
    submission = taken(json.dumps([report(n=n) for n in range(3)]).encode(), from_reports)
    assert len({item.event_id for item in submission.items}) == 3
    assert [found["n"] for found in submission.reports] == [0, 1, 2]


def test_or_not_at_all():
    with pytest.raises(InvalidInputError):
        taken(json.dumps([report(), {}]).encode(), from_reports)


def test_an_empty_batch_is_empty():
    assert taken(b"[]", from_reports).items == []


def test_a_batch_is_an_array_of_a_bounded_length():
    with pytest.raises(InvalidInputError):
        taken(json.dumps(report()).encode(), from_reports)
    with pytest.raises(TooLargeError):
        taken(json.dumps([report()] * 11).encode(), from_reports)


def test_a_report_above_the_limit_is_too_large():
    with pytest.raises(TooLargeError):
        taken(json.dumps(report(context={"a": "x" * 6_000})).encode(), from_report)


def test_blanks_do_not_make_a_report_too_large():
    written = json.dumps(report(context={"a": list(range(500))}), indent=9).encode()
    assert len(written) > LIMITS.event
    assert taken(written, from_report).items


EMPTY = b"{}," * 400_000 + b"{}"


@pytest.mark.parametrize(
    ("parse", "body"),
    [
        (from_report, b'{"error": "x", "context": [%b]}' % EMPTY),
        (from_reports, b'[{"error": "x", "context": [%b]}]' % EMPTY),
        (from_reports, b"[%b]" % EMPTY),
        (from_reports, b"[%b, NaN]" % EMPTY),
        (from_reports, b'[{"error": "x", "context": [%b, NaN]}]' % EMPTY),
    ],
)
def test_what_would_fill_the_memory_as_a_value_never_becomes_one(parse, body):
    limits = replace(LIMITS, decompressed=2 * 2**20)
    packed = arrival(body, gzipped=True)
    with traced() as peak:
        with pytest.raises(TooLargeError):
            parse(packed, limits)
        assert peak() < 5 * len(body)


@contextmanager
def traced():
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_of_a_batch_one_report_is_a_value_at_a_time():
    members = b"{}," * 6_000 + b"{}"
    body = b"[" + b",".join([b'{"error": "x", "context": [%b]}' % members] * 40) + b"]"
    limits = replace(LIMITS, decompressed=2 * 2**20, event=2**15, items=40)
    packed = arrival(body, gzipped=True)
    with traced() as peak:
        submission = from_reports(packed, limits)
        assert peak() < 10 * len(body)  # as values they would take 24 times as much
    assert len(submission.items) == 40


def test_an_odd_batch_is_taken_as_a_whole():
    body = b'[{"error": "x", "context": NaN}, {"error": "Gr\xf6\xdfe"}]'
    assert [found["error"] for found in taken(body, from_reports).reports] == ["x", "Größe"]
    with pytest.raises(TooLargeError, match="more than 10"):
        taken(b"[" + b'{"error": NaN},' * 10 + b"{}]", from_reports)


def test_a_deep_report_is_cut():
    deep = '{"error": "boom", "context": ' + '{"a":' * 200 + "1" + "}" * 200 + "}"
    (item,) = taken(deep.encode(), from_report).items
    assert "depth" in item.hints["tags"]

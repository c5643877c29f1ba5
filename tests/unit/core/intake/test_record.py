import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.intake import record
from core.intake.item import Encoding, InboxItem, Kind

SECONDS = st.decimals(0, 2**33, places=6)
MOMENTS = SECONDS.map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(0, float(seconds))
)
HINTS = st.none() | st.dictionaries(st.text(), st.lists(st.text(), max_size=2), max_size=2)
ITEMS = st.builds(
    InboxItem,
    project_id=st.integers(1, 2**62),
    event_id=st.builds(uuid.UUID, int=st.integers(0, 2**128 - 1)),
    received_at=MOMENTS,
    kind=st.sampled_from(Kind),
    encoding=st.sampled_from(Encoding),
    body=st.binary(max_size=50),
    hints=HINTS,
)


def found(data):
    return [piece.item for piece in record.scan(data)]


@given(st.lists(ITEMS, max_size=5))
def test_what_was_written_comes_back(items):
    assert found(b"".join(map(record.encode, items))) == items


@given(st.lists(ITEMS, min_size=1, max_size=3))
def test_a_file_cut_at_any_byte_keeps_all_whole_records(items):
    records = [record.encode(item) for item in items]
    data = b"".join(records)
    ends = [sum(map(len, records[: n + 1])) for n in range(len(records))]
    for cut in range(len(data)):
        whole = sum(end <= cut for end in ends)
        assert found(data[:cut]) == items[:whole]


@given(st.lists(ITEMS, min_size=2, max_size=3), st.data())
def test_a_damaged_record_is_passed_over(items, data):
    records = [bytearray(record.encode(item)) for item in items]
    which = data.draw(st.integers(0, len(items) - 1))
    place = data.draw(st.integers(8, len(records[which]) - 1))
    records[which][place] ^= 1
    expected = [None if number == which else item for number, item in enumerate(items)]
    assert found(b"".join(records)) == expected


@given(st.lists(ITEMS, min_size=2, max_size=4))
def test_reading_can_go_on_where_it_stopped(items):
    data = b"".join(map(record.encode, items))
    first = next(record.scan(data))
    assert [piece.item for piece in record.scan(data, first.end)] == items[1:]
    assert record.size_of_first(data, 0) == first.end


@given(st.binary(max_size=100))
def test_any_bytes_are_scanned(data):
    assert all(item is None for item in found(data))


def test_too_few_bytes_have_no_size():
    assert record.size_of_first(b"\x00" * 7, 0) is None

import uuid
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.paging import MOMENT, UUID, WHOLE, Cursor, InvalidCursorError


@given(st.integers(-(2**63), 2**63), st.integers(0, 2**128), st.booleans())
def test_a_cursor_survives_its_text(value, tie, backwards):
    cursor = Cursor(value, tie, backwards)
    assert Cursor.parse(str(cursor)) == cursor


def test_the_text_has_the_shape_of_sentrys_cursors():
    assert str(Cursor(1443575731, 0, backwards=True)) == "1443575731:0:1"


@pytest.mark.parametrize("text", ["", "1", "1:2", "1:2:3", "a:b:0", "1:2:0:0", "1:2:-1", "::"])
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidCursorError):
        Cursor.parse(text)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_keeps_its_microseconds(moment):
    assert MOMENT.read(MOMENT.write(moment)) == moment


@given(st.uuids())
def test_an_event_id_is_a_number(event_id):
    assert UUID.read(UUID.write(event_id)) == event_id


@pytest.mark.parametrize(
    ("number", "too_large"), [(WHOLE, 2**63), (MOMENT, 10**30), (UUID, 2**128), (UUID, -1)]
)
def test_what_the_column_cannot_hold_is_an_error(number, too_large):
    with pytest.raises((ValueError, OverflowError)):
        number.read(too_large)


def test_a_uuid_is_read_as_one():
    assert UUID.read(1) == uuid.UUID(int=1)

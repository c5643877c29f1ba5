import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake import event_id

ID = uuid.UUID("9ec79c33-ec99-42ab-8353-589fcb2e04dc")


@pytest.mark.parametrize("written", [ID.hex, str(ID), ID.hex.upper()])
def test_with_or_without_dashes(written):
    assert event_id.read(written) == ID


@pytest.mark.parametrize(
    "written", [None, "", "x" * 32, 7, ["a"], ID.hex[:31], "0" * 32, "{" + ID.hex + "}", ID.bytes]
)
def test_anything_else_is_no_identity(written):
    assert event_id.read(written) is None


@given(st.text())
def test_any_text_is_read(text):
    event_id.read(text)


def test_a_message_always_has_the_same_identity():
    assert event_id.of_message("a") == event_id.of_message("a") != event_id.of_message("b")


def test_fresh_ones_differ():
    assert event_id.fresh() != event_id.fresh()

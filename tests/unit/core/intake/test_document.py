import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake import document
from core.intake.document import TooManyPartsError


def test_the_members_of_an_array_as_they_are_written():
    assert document.parts(b' [{"a": 1.0} , 2,"x"]\n', most=3) == [b'{"a": 1.0}', b"2", b'"x"']
    assert document.parts(b"[]", most=3) == []


def test_their_charset_is_not_looked_at():
    assert document.parts(b'["\xe4"]', most=3) == [b'"\xe4"']


def test_too_many():
    with pytest.raises(TooManyPartsError):
        document.parts(b"[1,2,3,4]", most=3)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"5", b"[", b"[1,]", b"[NaN]", b"[1] 2", b"[" * 9_999]
)
def test_what_is_not_plainly_an_array(data):
    assert document.parts(data, most=3) is None


@given(st.lists(st.recursive(st.integers() | st.text(), st.lists, max_leaves=5), max_size=9))
def test_members_come_back(members):
    parts = document.parts(json.dumps(members).encode(), most=9)
    assert [json.loads(part) for part in parts] == members

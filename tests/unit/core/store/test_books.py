from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from core.store import books
from core.store.books import BookLine

LINES = st.lists(
    st.builds(
        BookLine,
        day=st.dates(date(2026, 1, 1), date(2026, 1, 3)),
        project_id=st.integers(0, 3),
        account=st.sampled_from(list(books.Account)),
        reason=st.sampled_from(["", "auth", "size"]),
        count=st.integers(0, 100),
    )
)


@given(LINES)
def test_a_batch_becomes_one_sorted_row_for_each_key(lines):
    _writer, *columns, counts = books.parameters(lines, writer=1)
    keys = list(zip(*columns, strict=True))
    assert keys == sorted(set(keys))
    assert sum(counts) == sum(line.count for line in lines)
    assert all(counts)


def test_an_empty_batch_has_empty_columns():
    assert books.parameters([], writer=4) == [4, [], [], [], [], []]

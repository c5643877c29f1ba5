import pytest
from sqlalchemy import column, select, values
from sqlalchemy.types import BigInteger

from core.store.paging import Cursor, InvalidCursorError, Keyset

NUMBERS = values(column("v", BigInteger), column("id", BigInteger), name="numbers").data(
    [(1, 1), (2, 2), (2, 3), (2, 4), (5, 5)]
)
ORDER = Keyset(NUMBERS.c.v, NUMBERS.c.id)
FALLING = [5, 4, 3, 2, 1]


@pytest.fixture
def page(database):
    def look(cursor=None, limit=2):
        with database.transaction() as session:
            return ORDER.page(session, select(NUMBERS.c.id), cursor=cursor, limit=limit)

    return look


def ids(page):
    return [row[0] for row in page.rows]


def test_forwards_each_row_comes_once(page):
    seen, cursor, more = [], None, True
    while more:
        found = page(cursor)
        seen, cursor, more = seen + ids(found), found.next, found.has_next
    assert seen == FALLING


def test_backwards_each_row_comes_once(page):
    found = page(Cursor(0, 0, backwards=True))
    seen = ids(found)
    while found.has_previous:
        found = page(found.previous)
        seen = ids(found) + seen
    assert seen == FALLING


def test_the_first_page_has_nothing_before_it(page):
    found = page()
    assert (found.has_previous, found.has_next) == (False, True)
    assert ids(page(found.previous)) == []


def test_going_on_and_back_leads_to_the_same_rows(page):
    first = page()
    second = page(first.next)
    assert ids(page(second.previous)) == ids(first)
    assert second.has_previous


def test_after_nothing_newer_the_way_on_begins_with_the_newest(page):
    newest = page()
    nothing = page(newest.previous)
    assert (nothing.has_previous, nothing.has_next) == (False, True)
    assert ids(page(nothing.next)) == ids(newest)


def test_an_empty_list_tells_where_the_first_row_will_be(page):
    assert ids(page(Cursor(0, 0, backwards=True), limit=9)) == FALLING


@pytest.mark.parametrize("text", [f"{2**63}:0:0", f"0:{10**30}:1"])
def test_a_cursor_from_elsewhere_is_refused(page, text):
    with pytest.raises(InvalidCursorError):
        page(Cursor.parse(text))

from collections import Counter
from datetime import timedelta

from core.digest import bookkeeping
from core.digest.claim import ClaimedRow
from core.digest.rows import StoredRow
from core.intake.item import Encoding, InboxItem, Kind
from core.store.books import BookLine
from tests.conftest import NOON
from tests.unit.core.digest.made import digested

DAY = NOON.date()
TOMORROW = NOON + timedelta(days=1)


def stored(event, *, payload=b"x"):
    return StoredRow(event, 1, None, payload)


def counts(lines):
    return {(line.day, line.project_id, line.account, line.reason): line.count for line in lines}


def test_rows_are_stored_or_duplicates():
    events = [digested(1), digested(2), digested(1)]
    found = counts(bookkeeping.lines(events, [stored(event) for event in events[:2]], []))
    assert found == {(DAY, 1, "stored", ""): 2, (DAY, 1, "duplicates", ""): 1}


def test_a_duplicate_counts_on_the_day_it_came():
    events = [digested(1), digested(1, received_at=TOMORROW)]
    found = counts(bookkeeping.lines(events, [stored(events[0])], []))
    assert found[TOMORROW.date(), 1, "duplicates", ""] == 1


def test_thinned_events_are_stored_too():
    events = [digested(1), digested(2)]
    rows = [stored(events[0]), stored(events[1], payload=None)]
    found = counts(bookkeeping.lines(events, rows, []))
    assert found == {(DAY, 1, "stored", ""): 2, (DAY, 1, "thinned", ""): 1}


def test_rows_of_a_project_that_is_gone_were_not_accepted_after_all():
    item = InboxItem(9, digested().event_id, NOON, Kind.EVENT, Encoding.IDENTITY, b"")
    lines = bookkeeping.lines([], [], [ClaimedRow(1, item), ClaimedRow(2, item)])
    assert sorted(lines) == [
        BookLine(DAY, 9, "accepted", "", -2),
        BookLine(DAY, 9, "rejected", "project_gone", 2),
    ]


def test_minutes_are_counted_by_issue():
    at = NOON + timedelta(seconds=59)
    pairs = [(1, digested(1)), (1, digested(2, received_at=at)), (2, digested(3))]
    assert sorted(bookkeeping.by_minute(pairs).values()) == [1, 2]


def test_events_without_a_component_are_in_no_component():
    events = [digested(1, component="cart"), digested(2, component="cart"), digested(3)]
    ((slot, delta),) = bookkeeping.by_component(events)
    assert (slot.component, slot.minute, delta.events) == ("cart", NOON, 2)


def test_each_new_and_each_regressed_issue_is_signalled_once():
    pairs = [(1, digested(1)), (2, digested(2)), (1, digested(3)), (3, digested(4))]
    found = bookkeeping.signals(pairs, {1}, [2], now=NOON)
    assert [(signal.kind, signal.issue_id) for signal in found] == [
        ("new_issue", 1),
        ("regression", 2),
    ]
    assert found[0].detail == {"event_id": digested(1).event_id.hex}
    assert Counter(signal.at for signal in found) == {NOON: 2}

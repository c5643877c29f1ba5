from datetime import timedelta

from core.digest import counting
from tests.conftest import NOON
from tests.unit.core.digest.made import digested

LATER = NOON + timedelta(minutes=1)
EARLIER = NOON - timedelta(minutes=1)


def tally(*events):
    (found,) = counting.tallies((1, event) for event in events).values()
    return found


def test_times_span_all_events_in_whatever_order_they_come():
    found = tally(digested(timestamp=NOON), digested(timestamp=LATER), digested(timestamp=EARLIER))
    assert (found.events, found.first_seen, found.last_seen) == (3, EARLIER, LATER)


def test_the_release_is_that_of_the_newest_event():
    found = tally(digested(timestamp=LATER, release="2"), digested(timestamp=NOON, release="1"))
    assert found.release == "2"


def test_a_newer_event_without_a_release_leaves_it():
    found = tally(digested(release="1"), digested(timestamp=LATER))
    assert found.release == "1"


def test_the_newest_arrival_decides_the_life_cycle():
    found = tally(digested(received_at=LATER), digested(received_at=NOON))
    assert found.received_at == LATER


def test_issues_come_in_the_order_of_their_ids():
    found = counting.tallies([(7, digested(1)), (3, digested(2)), (5, digested(3))])
    assert list(found) == [3, 5, 7]

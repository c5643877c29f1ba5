from datetime import timedelta

import orjson
import pytest

from core.digest import batch as batches
from core.intake.item import Encoding, Kind
from tests.benchmarks import events
from tests.integration.core.digest.world import World, failure

REPORT = {
    "error": {"type": "ValueError", "message": "no such thing"},
    "component": "cart",
    "release": "shop@2",
    "environment": "test",
}
BODIES = {
    Kind.ENVELOPE: events.envelope(7),
    Kind.EVENT: events.raw_event(7),
    Kind.REPORT: orjson.dumps(REPORT),
}


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_of_row_is_stored_in_every_encoding(world, kind):
    for encoding in Encoding:
        identity = events.event_id(encoding)
        world.put_body(BODIES[kind], event_id=identity, kind=kind, encoding=encoding)
    world.digest()
    for encoding in Encoding:
        document = world.document(encoding)
        error = document["event"]["exception"]["values"][0]
        assert document["event"]["event_id"] == events.event_id(encoding).hex
        assert error["type"] in document["analysis"]["title"]


def test_an_event_is_filed_under_its_issue(world):
    world.put(failure(1), failure(2), failure(3, where="shop.payment"))
    world.digest()
    assert world.event(1).issue_id == world.event(2).issue_id != world.event(3).issue_id
    assert world.rows("SELECT event_count FROM issues ORDER BY id") in ([(2,), (1,)], [(1,), (2,)])


def test_the_columns_say_what_the_event_says(world):
    body = orjson.dumps(REPORT)
    world.put_body(body, event_id=events.event_id(1), kind=Kind.REPORT)
    world.digest()
    event = world.event(1)
    found = (event.component, event.release, event.environment, event.level, event.thinned)
    assert found == ("cart", "shop@2", "test", "error", False)
    assert event.received_at == event.timestamp == world.clock.now()


def test_an_issue_is_described_by_its_first_event(world):
    world.put(failure(1, release="1.0", tags={"component": "cart"}))
    world.digest()
    issue = world.one(
        "SELECT status, level, component, first_release, event_count, first_seen = last_seen"
        " FROM issues"
    )
    assert issue == ("unresolved", "error", "cart", "1.0", 1, True)
    assert world.one("SELECT old, new, reason, actor FROM issue_transitions") == (
        None,
        "unresolved",
        "first_event",
        "digest",
    )


def test_later_events_move_the_times_and_the_release_of_an_issue(world):
    world.put(failure(1, release="1.0"))
    world.digest()
    world.put(
        failure(2, release="1.1", timestamp="2026-03-01T12:00:05Z"),
        failure(3, release="0.9", timestamp="2026-03-01T11:00:00Z"),
    )
    world.digest()
    issue = world.one(
        "SELECT first_release, last_release, event_count, last_seen - first_seen FROM issues"
    )
    assert issue == ("1.0", "1.1", 3, timedelta(hours=1, seconds=5))


def test_an_older_event_that_comes_later_leaves_the_release_of_an_issue(world):
    """As from a phone that was offline, or a spool that is drained."""
    for number, (release, hour) in enumerate([("2.0", 12), ("1.0", 10), (None, 11)]):
        world.put(failure(number, release=release, timestamp=f"2026-03-01T{hour}:00:00Z"))
        world.digest()
    assert world.one("SELECT last_release, event_count FROM issues") == ("2.0", 3)


def test_minutes_are_counted_by_issue_and_by_component(world):
    for number, seconds in enumerate((0, 30, 70)):
        at = world.clock.now() + timedelta(seconds=seconds)
        world.put(failure(number, tags={"component": "cart"}), received_at=at)
    world.digest()
    assert world.rows("SELECT events FROM issue_minutes ORDER BY minute") == [(2,), (1,)]
    counted = "SELECT component, events, successes FROM component_minutes ORDER BY minute"
    assert world.rows(counted) == [("cart", 2, 0), ("cart", 1, 0)]


def test_counts_add_up_over_batches(world):
    for number in range(3):
        world.put(failure(number, tags={"component": "cart"}))
        world.digest()
    assert world.one("SELECT events FROM issue_minutes") == 3
    assert world.one("SELECT events FROM component_minutes") == 3


def test_the_books_close(world):
    world.put(failure(1), failure(2), failure(1))
    (batch,) = world.digest()
    totals = world.totals()
    assert (batch.rows, batch.stored, batch.duplicates) == (3, 2, 1)
    assert (totals.stored, totals.duplicates, totals.pending, totals.missing) == (2, 1, 0, 0)


def test_a_batch_takes_so_many_rows_and_no_more(database, clock):
    world = World(database, clock, size=2)
    world.put(*(failure(number) for number in range(5)))
    assert [batch.rows for batch in world.digest()] == [2, 2, 1]


def test_rows_of_a_project_that_is_gone_leave_the_books_closed(world):
    world.put(failure(1), project=4_711)
    world.put(failure(2))
    (batch,) = world.digest()
    totals = world.totals()
    assert (batch.orphans, batch.stored) == (1, 1)
    assert (totals.accepted, totals.rejected, totals.missing) == (1, {"project_gone": 1}, 0)


def test_a_day_without_a_partition_gets_one(world):
    long_ago = world.clock.now() - timedelta(days=200)
    world.put(failure(1), received_at=long_ago)
    assert sum(batch.stored for batch in world.digest()) == 1
    assert world.event(1).received_at == long_ago


def test_a_day_whose_partition_was_dropped_gets_it_back(world):
    digester = world.digester()
    world.put(failure(1))
    world.digest(digester)
    world.execute("DROP TABLE events_20260301")
    world.put(failure(2))
    assert sum(batch.stored for batch in world.digest(digester)) == 1


def test_a_batch_ends_early_when_its_documents_grow_large(world, monkeypatch):
    monkeypatch.setattr(batches, "PURE_BYTES", 10)
    world.put(failure(1), failure(2))
    assert [batch.rows for batch in world.digest()] == [1, 1]

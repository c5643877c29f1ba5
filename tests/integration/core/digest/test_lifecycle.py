from datetime import timedelta

import pytest

from core.digest import counting
from core.issues import lifecycle, merging
from core.issues.lifecycle import Change, Status
from tests.integration.core.digest.world import failure


@pytest.fixture
def issue_id(world):
    """An issue with one event, seen a while ago."""
    world.put(failure(1))
    world.digest()
    world.execute("UPDATE signals SET processed_at = at")
    issue_id = world.one("SELECT id FROM issues")
    world.clock.advance(60)
    return issue_id


def change(world, issue_id, new, **values):
    with world.database.transaction() as session:
        wanted = Change(new=new, actor="somebody", **values)
        lifecycle.change(session, [issue_id], wanted, now=world.clock.now())
    world.clock.advance(60)


def status(world, issue_id):
    return world.one("SELECT status FROM issues WHERE id = :id", id=issue_id)


def signals(world):
    return world.rows(
        "SELECT kind, issue_id FROM signals"
        " WHERE processed_at IS NULL AND kind <> 'recoverable' ORDER BY id"
    )


def test_a_new_issue_is_signalled_with_its_first_event(world):
    world.put(failure(1), failure(2))
    world.digest()
    issue_id = world.one("SELECT id FROM issues")
    assert signals(world) == [("new_issue", issue_id)]
    assert world.one("SELECT DISTINCT detail ->> 'event_id' FROM signals") == failure(1)["event_id"]


def test_more_events_of_a_known_issue_are_no_signal(world, issue_id):
    world.put(failure(2))
    world.digest()
    assert signals(world) == []


def test_an_event_after_the_resolution_is_a_regression(world, issue_id):
    change(world, issue_id, Status.RESOLVED)
    world.put(failure(2), failure(3))
    world.digest()
    assert status(world, issue_id) == "regressed"
    assert signals(world) == [("regression", issue_id)]
    changed = "SELECT old, new, actor FROM issue_transitions ORDER BY id DESC LIMIT 1"
    assert world.one(changed) == ("resolved", "regressed", "digest")


def test_an_event_from_before_the_resolution_is_none(world, issue_id):
    world.put(failure(2))
    world.clock.advance(1)
    change(world, issue_id, Status.RESOLVED)
    world.digest()
    assert status(world, issue_id) == "resolved"
    assert world.one("SELECT event_count FROM issues") == 2


def test_a_regressed_issue_regresses_once(world, issue_id):
    change(world, issue_id, Status.RESOLVED)
    for number in (2, 3):
        world.put(failure(number))
        world.digest()
    assert signals(world) == [("regression", issue_id)]


def test_an_ignored_issue_stays_quiet(world, issue_id):
    change(world, issue_id, Status.IGNORED)
    world.put(failure(2))
    world.digest()
    assert (status(world, issue_id), signals(world)) == ("ignored", [])


def test_the_end_of_being_ignored_ends_with_the_next_event(world, issue_id):
    until = world.clock.now() + timedelta(seconds=90)
    change(world, issue_id, Status.IGNORED, ignored_until=until)
    world.put(failure(2))
    world.digest()
    assert status(world, issue_id) == "ignored"
    world.clock.advance(60)
    world.put(failure(3))
    world.digest()
    assert status(world, issue_id) == "unresolved"


@pytest.fixture
def pair(world, issue_id):
    """Two issues of one project."""
    world.put(failure(2, where="shop.payment"))
    world.digest()
    (other,) = [i for (i,) in world.rows("SELECT id FROM issues") if i != issue_id]
    return issue_id, other


def merge(world, target, source):
    with world.database.transaction() as session:
        merging.merge(session, target, [source], actor="somebody", now=world.clock.now())


def test_events_of_a_merged_issue_go_where_it_was_merged_into(world, pair):
    target, source = pair
    merge(world, target, source)
    world.put(failure(3, where="shop.payment"))
    world.digest()
    assert world.event(3).issue_id == target
    assert world.one("SELECT event_count FROM issues WHERE id = :id", id=target) == 3


def test_a_merge_in_the_middle_of_a_batch_repeats_the_batch(world, pair, monkeypatch):
    target, source = pair
    world.put(failure(3, where="shop.payment"))
    tallied = counting.tallies

    def merged_meanwhile(pairs):
        if world.event(2).issue_id in {issue_id for issue_id, _ in pairs}:
            merge(world, target, source)
        return tallied(pairs)

    monkeypatch.setattr(counting, "tallies", merged_meanwhile)
    assert sum(batch.stored for batch in world.digest()) == 1
    assert world.event(3).issue_id == target
    assert world.totals().missing == 0

from core.store import projects
from tests.integration.core.digest.world import failure


def stored(world):
    return world.one("SELECT count(*) FROM events")


def test_twins_in_one_batch_are_stored_once(world):
    world.put(failure(1), failure(2), failure(1), failure(1))
    (batch,) = world.digest()
    assert (batch.stored, batch.duplicates, stored(world)) == (2, 2, 2)
    assert world.one("SELECT event_count FROM issues") == 2


def test_a_twin_in_a_later_batch_changes_nothing(world):
    world.put(failure(1))
    world.digest()
    before = world.one("SELECT event_count, last_seen FROM issues")
    world.put(failure(1, timestamp="2026-03-01T13:00:00Z"))
    (batch,) = world.digest()
    assert (batch.stored, batch.duplicates, stored(world)) == (0, 1, 1)
    assert world.one("SELECT event_count, last_seen FROM issues") == before


def test_the_first_of_twins_is_the_one_that_stays(world):
    world.put(failure(1, release="first"), failure(1, release="second"))
    world.digest()
    assert world.event(1).release == "first"


def test_two_projects_may_use_the_same_event_id(world):
    with world.database.transaction() as session:
        other = projects.create(session, "other", now=world.clock.now())[0].id
    world.put(failure(1))
    world.put(failure(1), project=other)
    (batch,) = world.digest()
    assert (batch.stored, stored(world)) == (2, 2)
    assert world.one("SELECT count(*) FROM issues") == 2


def test_the_books_tell_stored_from_duplicates(world):
    world.put(failure(1), failure(1))
    world.digest()
    world.put(failure(1))
    world.digest()
    totals = world.totals()
    assert (totals.accepted, totals.stored, totals.duplicates) == (3, 1, 2)

import pytest

from core.digest.thinning import Thinning
from tests.integration.core.digest.world import World, failure


@pytest.fixture
def world(database, clock):
    return World(database, clock, size=7, thinning=Thinning(above=10, keep=5))


def flood(world, numbers, **fields):
    world.put(*(failure(number, **fields) for number in numbers))
    return world.digest()


def kept(world):
    return world.one("SELECT count(payload) FROM events")


def test_a_flood_keeps_one_payload_in_so_many_and_counts_all(world):
    flood(world, range(30))
    assert kept(world) == 10 + 20 / 5
    assert world.one("SELECT event_count FROM issues") == 30
    assert world.one("SELECT events FROM issue_minutes") == 30


def test_a_thinned_event_keeps_its_row(world):
    flood(world, range(30))
    thinned = world.rows("SELECT thinned, payload IS NULL, dictionary_id FROM events WHERE thinned")
    assert set(thinned) == {(True, True, None)}
    assert len(thinned) == 16


def test_the_books_count_what_was_thinned(world):
    batches = flood(world, range(30))
    totals = world.totals()
    assert (totals.stored, totals.thinned, totals.missing) == (30, 16, 0)
    assert sum(batch.thinned for batch in batches) == 16


def test_other_issues_and_the_next_minute_are_untouched(world):
    flood(world, range(30))
    flood(world, range(30, 35), where="elsewhere")
    world.clock.advance(60)
    flood(world, range(35, 40))
    assert kept(world) == 14 + 5 + 5


def test_duplicates_take_no_place(world):
    flood(world, [1] * 30)
    assert (kept(world), world.totals().thinned) == (1, 0)

import uuid
from datetime import timedelta

import pytest

from core.maintenance.integrity import counts, orphans, payloads, tables
from core.maintenance.integrity.check import examine
from core.maintenance.proof import contradictions, gather
from tests.integration.core.digest.world import World, failure


@pytest.fixture
def world(database, clock):
    made = World(database, clock)
    made.put(*(failure(number) for number in range(20)))
    made.digest()
    return made


@pytest.fixture
def check(world):
    """Looks by one check, and mends by it."""
    since = world.clock.now().date() - timedelta(days=3)
    every = [
        *tables.checks(world.clock.now()),
        *orphans.checks(),
        *counts.checks(since),
        *payloads.checks(),
    ]
    known = {each.name: each for each in every}

    def check(name, *, fix=False):
        return examine(world.database, known[name], fix=fix)

    check.names = list(known)
    return check


def right(world):
    since = world.clock.now().date() - timedelta(days=3)
    return contradictions(gather(world.database, since=since)) == []


def test_nothing_is_wrong_with_what_digestion_wrote(check):
    assert {name: check(name).found for name in check.names} == dict.fromkeys(check.names)


BREAKING = {
    "event ids without an event": (
        "INSERT INTO event_ids VALUES (gen_random_uuid(), 1, '2026-03-01T12:00Z')"
    ),
    "events without an id": (
        "DELETE FROM event_ids WHERE event_id IN (SELECT event_id FROM event_ids LIMIT 3)"
    ),
    "counts by the minute without an issue": (
        "INSERT INTO issue_minutes SELECT 77777, minute, resolution, project_id, 2 "
        "FROM issue_minutes LIMIT 1"
    ),
    "counts by the minute": "UPDATE issue_minutes SET events = events + 5",
    "facets without an issue": "UPDATE issue_facets SET issue_id = 77777",
    "signals without a project": "UPDATE signals SET project_id = 77777",
    "partitions of events": "DROP TABLE events_20260302",
    "sequences": "SELECT setval(pg_get_serial_sequence('issues', 'id'), 1, false)",
    "indexes": (
        "UPDATE pg_index SET indisvalid = false "
        "WHERE indexrelid = 'ix_issues_project_id_last_seen'::regclass"
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_was_broken_is_found_and_mended(world, check, name):
    world.execute(
        "INSERT INTO issue_facets SELECT id, 1, 'a', project_id, 1, first_seen, "
        "last_seen FROM issues ON CONFLICT DO NOTHING"
    )
    world.execute(BREAKING[name])
    assert check(name).left is not None
    outcome = check(name, fix=True)
    assert outcome.left is None
    assert outcome.done
    assert check(name).found is None


@pytest.mark.parametrize("name", [name for name in BREAKING if "event" in name or "count" in name])
def test_the_books_are_right_after_mending(world, check, name):
    world.execute(BREAKING[name])
    check(name, fix=True)
    assert right(world)


def test_a_payload_that_does_not_open_is_named_and_left(world, check):
    broken = world.one("SELECT event_id FROM events LIMIT 1")
    world.execute("UPDATE events SET payload = 'x' WHERE event_id = :id", id=broken)
    outcome = check("payloads", fix=True)
    assert outcome.left.count == 1
    assert uuid.UUID(str(broken)).hex in outcome.left.detail
    assert "backup" in outcome.check.advice


def test_a_dictionary_that_is_gone_is_found(world, check):
    world.execute("UPDATE events SET dictionary_id = 77777")
    assert check("dictionaries").left.count == 20
    assert check("payloads").left is not None

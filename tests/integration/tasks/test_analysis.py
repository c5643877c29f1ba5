"""From the inbox to stored events by real workers: broker intake, digest, sweeper, dictionaries."""

import uuid

import pytest
from sqlalchemy import select, text

from core.clock import SystemClock
from core.model import Event, PayloadDictionary
from core.store import books, projects
from core.store.payloads import Payloads
from tests.benchmarks import events
from tests.integration.core.digest.world import World
from tests.integration.tasks.conftest import wait_until

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(scope="module")
def world(database):
    return World(database, SystemClock())


@pytest.fixture(scope="module")
def key(world):
    with world.database.transaction() as session:
        return projects.current_key(session, world.project).public_key


def stored(world, event_id):
    with world.database.transaction() as session:
        return session.scalar(select(Event).where(Event.event_id == uuid.UUID(event_id)))


def pending(world):
    with world.database.transaction() as session:
        return session.scalar(text("SELECT count(*) FROM inbox"))


def report(key, event_id, **fields):
    error = {"type": "KeyError", "message": "'colour'"}
    return {"dsn_key": key, "event_id": event_id, "error": error, "component": "cart"} | fields


def test_a_report_over_the_broker_becomes_an_event(house, world, key):
    house.send("intake.report", **report(key, "a" * 32, operation="add"))
    event = wait_until(lambda: stored(world, "a" * 32))
    assert (event.component, event.project_id) == ("cart", world.project)
    with world.database.transaction() as session:
        found = Payloads().unpack(session, event.payload, event.dictionary_id)
    assert found["event"]["contexts"]["mendline"]["operation"] == "add"


def test_a_report_may_have_fields_of_any_name(house, world, key):
    fields = {"work": "w", "self": "s", "task": "t"}
    house.send("intake.report", **report(key, "c" * 32, **fields))
    event = wait_until(lambda: stored(world, "c" * 32))
    with world.database.transaction() as session:
        found = Payloads().unpack(session, event.payload, event.dictionary_id)
    assert found["event"]["extra"] == fields


def test_a_report_that_is_delivered_twice_is_stored_once(house, world, key):
    error = {"dsn_key": key, "error": "said twice", "component": "twice"}
    for _ in range(2):
        house.send("intake.report", task_id="same-message", **error)
    wait_until(lambda: world.totals().duplicates and not pending(world))
    with world.database.transaction() as session:
        twice = select(text("count(*)")).select_from(Event).where(Event.component == "twice")
        assert session.scalar(twice) == 1


def test_a_report_without_a_known_key_is_a_dead_letter(house):
    house.send("intake.report", task_id="stranger", dsn_key="f" * 32, error="x")
    (letter,) = wait_until(lambda: house.letters(message_id="stranger"))
    assert letter.reason == "permanent"


def test_the_sweeper_finds_what_nobody_was_woken_for(house, world):
    world.put(events.event(1))
    house.order("analysis.sweep")
    assert wait_until(lambda: stored(world, events.event_id(1).hex))


def test_a_digest_message_of_a_stranger_harms_nothing(house, world):
    world.put(events.event(2))
    house.send("analysis.digest", queue="analysis", token="no token of ours")
    assert wait_until(lambda: stored(world, events.event_id(2).hex))


def test_enough_events_train_a_dictionary(house, world):
    world.fill(range(1_000, 1_400))
    house.order("analysis.sweep")

    def trained():
        with world.database.transaction() as session:
            return session.scalar(
                select(PayloadDictionary).where(PayloadDictionary.project_id == world.project)
            )

    assert wait_until(trained).version == 1
    wait_until(lambda: not pending(world))
    with world.database.transaction() as session:
        assert books.totals(session).missing == 0

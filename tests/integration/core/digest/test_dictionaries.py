import pytest

from core.digest import dictionaries
from core.digest.dictionaries import FIRST, train_next
from core.store import projects
from tests.benchmarks import events

ALL = range(FIRST)


def train(world, project=None):
    with world.database.transaction() as session:
        return train_next(
            session, project or world.project, payloads=world.payloads, now=world.clock.now()
        )


@pytest.fixture
def stored(world):
    """A project that has stored enough for its first dictionary."""
    world.fill(ALL)
    world.digest()
    return world


def test_enough_events_order_the_first_dictionary(stored):
    (order,) = {(o.task, o.arguments["project_id"], o.unique_key) for o in stored.orders}
    project = stored.project
    assert order == ("analysis.train_dictionary", project, f"dictionary:{project}")


def test_before_that_nothing_is_ordered_or_trained(world):
    world.fill(range(FIRST - 1))
    world.digest()
    assert world.orders == []
    assert train(world).dictionary_id is None


def test_payloads_become_small_and_old_ones_stay_readable(stored):
    trained = train(stored)
    stored.fill(range(1_000, 1_050))
    stored.digest()
    assert stored.event(1).dictionary_id is None
    assert stored.event(1_000).dictionary_id == trained.dictionary_id
    assert len(stored.event(1_000).payload) < len(stored.event(0).payload) / 3
    for number in (1, 1_000):
        assert stored.document(number)["event"]["event_id"] == events.event_id(number).hex


def test_a_damaged_payload_is_no_sample(stored):
    stored.execute(
        "UPDATE events SET payload = 'damaged' WHERE event_id = :id", id=events.event_id(1)
    )
    trained = train(stored)
    assert trained.dictionary_id is not None
    assert trained.samples < FIRST


def test_each_version_stays_readable(stored, monkeypatch):
    monkeypatch.setattr(dictionaries, "GROWTH", 1)
    versions = []
    for first in (1_000, 2_000, 3_000):
        versions.append(train(stored).version)
        stored.fill(range(first, first + 10))
        stored.digest()
    assert versions == [1, 2, 3]
    used = {stored.event(number).dictionary_id for number in (1, 1_000, 2_000, 3_000)}
    assert len(used) == 4
    for number in (1, 1_000, 2_000, 3_000):
        assert stored.document(number)["event"]["event_id"] == events.event_id(number).hex


def test_a_dictionary_that_is_not_due_is_not_trained_again(stored):
    assert train(stored).version == 1
    assert train(stored).dictionary_id is None


def test_a_project_without_payloads_or_no_project_learns_nothing(stored):
    stored.execute("UPDATE events SET payload = NULL")
    assert train(stored).dictionary_id is None
    assert train(stored, project=4_711).dictionary_id is None


def test_projects_have_dictionaries_of_their_own(stored):
    train(stored)
    with stored.database.transaction() as session:
        other = projects.create(session, "other", now=stored.clock.now())[0].id
    stored.put(events.event(5_000), project=other)
    stored.digest()
    assert stored.event(5_000).dictionary_id is None

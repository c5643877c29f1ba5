import pytest

from core.grouping import rulebook
from core.grouping.why import explain
from core.issues import merging
from core.store import events as stored
from tests.benchmarks import events
from tests.integration.core.digest.world import failure
from tests.integration.core.grouping.test_carrying import OLD, carry, digest, newer, other

RULES = "[[grouping]]\nname='shop'\nmatch.module='shop.*'\nfingerprint=['shop']\n"


def why(world, number):
    with world.database.transaction() as session:
        found = stored.find(session, events.event_id(number))
        return explain(session, found, world.payloads)


def said(world, number):
    return " ".join(why(world, number).in_words)


def test_the_parts_of_the_key_are_told(world):
    world.put(failure(1))
    world.digest()
    found = why(world, 1)
    assert (found.mechanism, found.rule, found.merges) == ("stacktrace", None, ())
    assert found.parts[0] == "type: ValueError"
    assert f"The stack trace decided the key {found.issue_key}." in found.in_words


def test_the_rule_is_told_with_its_version(world):
    with world.database.transaction() as session:
        rulebook.put(session, world.project, RULES, author="me", now=world.clock.now())
    world.put(failure(1))
    world.digest()
    assert (why(world, 1).rule.name, why(world, 1).rule.version) == ("shop", 1)
    assert "The rule 'shop' (version 1 of the rules) matched." in said(world, 1)


def merged(world):
    world.put(failure(1), failure(2, where="shop.payment"))
    world.digest()
    target, source = world.event(1).issue_id, world.event(2).issue_id
    with world.database.transaction() as session:
        merging.merge(session, target, [source], actor="me", now=world.clock.now())
    return target, source


@pytest.mark.parametrize("number", [2, 3])
def test_a_merge_is_told_of_events_before_and_after_it(world, number):
    target, source = merged(world)
    world.put(failure(3, where="shop.payment"))
    world.digest()
    (merge,) = why(world, number).merges
    assert (why(world, number).issue_id, merge.source_id, merge.actor) == (target, source, "me")
    assert f"me merged issue {source} into {target} on 2026-03-01." in said(world, number)


def test_an_event_of_the_target_itself_came_by_no_merge(world):
    merged(world)
    assert why(world, 1).merges == ()


def test_an_older_key_is_told(world):
    digest(world, OLD, failure(1))
    carry(world, newer(other))
    digest(world, newer(other), failure(2))
    assert why(world, 2).carried_from == why(world, 1).issue_key
    assert "was found from the older key" in said(world, 2)


def test_of_a_thinned_event_the_way_is_told(world):
    world.put(failure(1))
    world.digest()
    world.execute("UPDATE events SET payload = NULL, thinned = true")
    assert why(world, 1).issue_key == ""
    assert said(world, 1).startswith("Its payload is gone; it was filed under issue")

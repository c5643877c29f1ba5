"""After an upgrade, events that are unlike everything that was kept of their issue."""

from dataclasses import replace

from core.analysis import NO_RULES, Algorithm, analyse
from core.digest.batch import Digester
from core.grouping import rulebook
from core.grouping.carrying import Carrying
from tests.integration.core.digest.world import KNOWLEDGE, failure

OLD = Algorithm(1, analyse)


def newer(change, *, version=7, older=(OLD,)):
    """An algorithm whose keys are `change(key, event)` of the ones there are."""

    def regrouped(event, knowledge, rules=NO_RULES):
        found = analyse(event, knowledge, rules)
        key = change(found.grouping.issue_key, event)
        return replace(found, grouping=replace(found.grouping, issue_key=key))

    return Algorithm(version, regrouped, older)


def by_release(key, event):
    return f"{event.get('release')}-{key}"


def digest(world, algorithm, *events):
    world.put(*events)
    return world.digest(
        Digester(replace(world.means(), algorithm=algorithm), world.rules, writer=1)
    )


def upgraded(world, algorithm):
    Carrying(world.database, KNOWLEDGE, world.clock, algorithm=algorithm).run()


def issue(world, number):
    return world.event(number).issue_id


def test_an_event_unlike_all_that_was_kept_stays_in_its_issue(world):
    digest(world, OLD, failure(1, release="first"))
    split = newer(by_release)
    upgraded(world, split)
    digest(world, split, *(failure(number, release=f"r{number}") for number in range(10, 40)))
    assert world.one("SELECT count(*) FROM issues") == 1
    assert issue(world, 39) == issue(world, 1)


def test_the_key_is_kept_so_that_the_older_way_is_asked_once(world):
    digest(world, OLD, failure(1, release="first"))
    split = newer(by_release)
    digest(world, split, failure(2, release="other"))
    asked = []

    def counted(event, knowledge, rules=NO_RULES):
        asked.append(event["release"])
        return analyse(event, knowledge, rules)

    known = newer(by_release, older=(Algorithm(1, counted),))
    digest(world, known, failure(3, release="other"), failure(4, release="third"))
    assert asked == ["third"]
    old = "SELECT issue_key FROM issue_fingerprints WHERE grouping_version = 1"
    carried = "SELECT carried_from, grouping_version FROM issue_fingerprints WHERE issue_key LIKE"
    assert world.one(f"{carried} 'other-%'") == (world.one(old), 7)


def test_of_two_issues_the_older_one_takes_the_key(world):
    digest(world, OLD, failure(1))
    digest(world, OLD, failure(2, where="shop.payment"))
    one = newer(lambda _key, _event: "one")
    digest(world, one, failure(3, where="shop.payment"), failure(4))
    assert issue(world, 3) == issue(world, 4) == issue(world, 1)


def test_without_keys_of_the_older_way_it_is_not_asked(world):
    def broken(*_):
        raise AssertionError

    digest(world, newer(by_release, older=(Algorithm(1, broken),)), failure(1, release="x"))
    assert world.one("SELECT count(*) FROM issues") == 1


def test_what_the_older_way_fails_on_is_a_new_issue(world):
    def broken(*_):
        raise ValueError

    digest(world, OLD, failure(1))
    digest(world, newer(by_release, older=(Algorithm(1, broken),)), failure(2, release="x"))
    assert issue(world, 2) != issue(world, 1)


RULES = """
[[grouping]]
name = "values"
match.type = "ValueError"
fingerprint = ["values"]
"""


def test_keys_that_a_rule_makes_are_found_under_the_rule(world):
    with world.database.transaction() as session:
        rulebook.put(session, world.project, RULES, author="me", now=world.clock.now())
    digest(world, OLD, failure(1))
    digest(world, newer(by_release), failure(2, release="x", where="shop.other"))
    assert issue(world, 2) == issue(world, 1)
    assert world.rows("SELECT DISTINCT rule FROM issue_fingerprints") == [("values",)]

"""Two algorithms, the real digest: what the older one filed, the newer one finds again."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from core.analysis import Algorithm, analyse
from core.digest.batch import Digester
from core.grouping import carrying, rulebook
from core.grouping.carrying import Carrying
from core.issues import merging
from tests.integration.core.digest.world import KNOWLEDGE, failure

OLD = Algorithm(1, analyse)


def newer(change, version=7):
    """An algorithm whose keys are `change(key, event)` of the ones there are."""

    def regrouped(event, knowledge, rules):
        found = analyse(event, knowledge, rules)
        key = change(found.grouping.issue_key, event)
        return replace(found, grouping=replace(found.grouping, issue_key=key))

    return Algorithm(version, regrouped)


def other(key, _event):
    return key[::-1]


def by_release(key, event):
    """Splits: every release would be an issue of its own."""
    return f"{event.get('release')}-{key}"


def all_one(_key, _event):
    """Joins: everything would be one issue."""
    return "one"


def digest(world, algorithm, *events):
    world.put(*events)
    means = replace(world.means(), algorithm=algorithm)
    return world.digest(Digester(means, world.rules, writer=1))


def carry(world, algorithm, **options):
    return Carrying(world.database, KNOWLEDGE, world.clock, algorithm=algorithm).run(**options)


def merged_into(world, issue_id):
    return world.one("SELECT merged_into FROM issues WHERE id = :id", id=issue_id)


def issue(world, number):
    return world.event(number).issue_id


def count(world):
    return world.one("SELECT count(*) FROM issues")


def test_a_newer_algorithm_finds_every_issue_again(world):
    digest(world, OLD, failure(1), failure(2, where="shop.payment"))
    done = carry(world, newer(other))
    digest(world, newer(other), failure(3), failure(4, where="shop.payment"))
    assert (done.keys, done.added, done.suggested) == (2, 2, 0)
    assert [issue(world, 3), issue(world, 4)] == [issue(world, 1), issue(world, 2)]
    assert count(world) == 2


def test_what_the_newer_algorithm_fails_on_holds_no_upgrade_up(world):
    def failing(key, event):
        if event["exception"]["values"][0]["type"] == "OddError":
            raise LookupError("a word nobody foresaw")
        return other(key, event)

    digest(world, OLD, failure(1, kind="OddError"), failure(2))
    with capture_logs() as logs:
        done = carry(world, newer(failing))
    assert (done.keys, done.added) == (2, 1)
    assert {entry["issue_id"] for entry in logs if entry["event"] == "grouping.event_skipped"} == {
        issue(world, 1)
    }


def test_a_damaged_example_holds_no_upgrade_up(world):
    """What is stored of its events leads to the key all the same."""
    digest(world, OLD, failure(1), failure(2, where="shop.payment"))
    world.execute("UPDATE issue_fingerprints SET example = 'damaged' WHERE issue_id = :id", id=1)
    done = carry(world, newer(other))
    assert (done.keys, done.added) == (2, 2)


def test_an_issue_that_is_merged_while_its_keys_are_carried_blocks_nobody(world):
    """Its key would lead to a merged issue, where no event can be filed."""
    digest(world, OLD, failure(1), failure(2, where="shop.payment"), failure(3, where="bank"))
    first, second, third = (issue(world, number) for number in (1, 2, 3))
    merge(world, first, second)
    digest(world, OLD, failure(4, where="shop.payment"))
    with world.database.transaction() as session:
        merging.unmerge(session, second, actor="me", now=world.clock.now())
    # The key of the second is carried already; only an event of the first still shows it.
    world.execute(
        "UPDATE issue_fingerprints SET carried_version = 7 WHERE issue_id = :id", id=second
    )
    world.execute("UPDATE issue_fingerprints SET example = NULL")

    class Met(Carrying):
        """Somebody merges at the worst moment."""

        def _sorted_out(self, session, wanted):
            found = super()._sorted_out(session, wanted)
            if merged_into(world, second) is None:
                merge(world, third, second)
            return found

    done = Met(world.database, KNOWLEDGE, world.clock, algorithm=newer(other)).run()
    digest(world, newer(other), failure(9, where="shop.payment"))
    assert (done.keys, issue(world, 9)) == (2, third)


def test_without_carrying_it_would_not(world):
    digest(world, OLD, failure(1))
    digest(world, newer(other), failure(2))
    assert issue(world, 2) != issue(world, 1)


def test_an_issue_that_would_be_split_stays_one(world):
    digest(world, OLD, *(failure(number, release=f"r{number}") for number in range(4)))
    carry(world, newer(by_release))
    digest(world, newer(by_release), *(failure(n + 10, release=f"r{n}") for n in range(4)))
    assert count(world) == 1
    assert world.one("SELECT count(*) FROM issue_fingerprints") == 5


def test_issues_that_would_be_one_stay_two_and_are_suggested(world):
    digest(world, OLD, failure(1))
    digest(world, OLD, failure(2, where="shop.payment"))
    first, second = issue(world, 1), issue(world, 2)
    assert carry(world, newer(all_one)).suggested == 1
    digest(world, newer(all_one), failure(3))
    assert (issue(world, 3), count(world)) == (first, 2)
    kind = "SELECT issue_id, detail FROM signals WHERE kind = 'merge_suggested'"
    assert world.rows(kind) == [
        (
            first,
            {
                "issues": [str(first), str(second)],
                "reason": "same_key",
                "grouping_version": 7,
            },
        )
    ]


def test_a_key_that_stays_the_same_is_only_marked(world):
    digest(world, OLD, failure(1))
    done = carry(world, newer(lambda key, _event: key))
    assert (done.keys, done.added) == (1, 0)
    assert world.one("SELECT grouping_version, carried_version FROM issue_fingerprints") == (1, 7)


def test_without_an_example_the_stored_events_tell(world):
    digest(world, OLD, failure(1), failure(2, release="x"))
    world.execute("UPDATE issue_fingerprints SET example = NULL")
    carry(world, newer(by_release))
    digest(world, newer(by_release), failure(3), failure(4, release="x"))
    assert count(world) == 1


def test_the_example_tells_when_all_events_are_gone(world):
    digest(world, OLD, failure(1))
    old = issue(world, 1)
    world.execute("DELETE FROM events")
    carry(world, newer(other))
    digest(world, newer(other), failure(2))
    assert issue(world, 2) == old


def test_keys_are_carried_again_to_each_further_version(world):
    digest(world, OLD, failure(1))
    carry(world, newer(other))
    world.execute("DELETE FROM events")
    third = newer(lambda key, _event: "3-" + key, version=8)
    carry(world, third)
    digest(world, third, failure(2))
    assert count(world) == 1


def test_it_goes_on_where_it_was_broken_off(world, monkeypatch):
    monkeypatch.setattr(carrying, "ISSUES_AT_ONCE", 1)
    digest(world, OLD, *(failure(number, where=f"shop.part{number}") for number in range(3)))
    told = []

    def stop(done, left):
        told.append((done.issues, left))
        if len(told) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        carry(world, newer(other), progress=stop)
    assert told == [(1, 2), (2, 1)]
    assert carry(world, newer(other)).issues == 1
    assert carry(world, newer(other)).issues == 0


def merge(world, target, source):
    with world.database.transaction() as session:
        merging.merge(session, target, [source], actor="me", now=world.clock.now())


def unmerge(world, source):
    with world.database.transaction() as session:
        merging.unmerge(session, source, actor="me", now=world.clock.now())


def test_new_keys_of_a_merged_issue_go_back_with_it(world):
    digest(world, OLD, failure(1), failure(2, where="shop.payment"))
    target, source = issue(world, 1), issue(world, 2)
    merge(world, target, source)
    digest(world, OLD, failure(3, where="shop.payment", release="x"))
    carry(world, newer(by_release))
    digest(world, newer(by_release), failure(4, where="shop.payment"))
    assert issue(world, 4) == target
    unmerge(world, source)
    late = (
        failure(5),
        *(failure(6 + n, where="shop.payment", release=r) for n, r in enumerate((None, "x"))),
    )
    digest(world, newer(by_release), *late)
    assert [issue(world, number) for number in (5, 6, 7)] == [target, source, source]


def test_events_that_came_during_a_merge_tell_of_the_issue_that_left(world):
    digest(world, OLD, failure(1), failure(2, where="shop.payment"))
    target, source = issue(world, 1), issue(world, 2)
    merge(world, target, source)
    digest(world, OLD, failure(3, where="shop.payment", release="x"))
    unmerge(world, source)
    carry(world, newer(by_release))
    digest(world, newer(by_release), failure(4, where="shop.payment", release="x"))
    assert (issue(world, 3), issue(world, 4)) == (target, source)


RULES = """
[[grouping]]
name = "shop"
match.module = "shop.*"
fingerprint = ["shop", "{{ release }}"]
"""


def rule(world, content):
    with world.database.transaction() as session:
        rulebook.put(session, world.project, content, author="me", now=world.clock.now())


def test_keys_of_rules_are_carried_under_their_rule(world):
    rule(world, RULES)
    digest(world, OLD, failure(1, release="a"))
    carry(world, newer(other))
    digest(world, newer(other), failure(2, release="a", where="shop.payment"))
    assert count(world) == 1


def test_rules_that_came_later_move_no_older_key(world):
    digest(world, OLD, failure(1), failure(2, where="shop.payment"))
    rule(world, RULES)
    assert carry(world, newer(other)).suggested == 0
    rule(world, "")
    digest(world, newer(other), failure(3), failure(4, where="shop.payment"))
    assert [issue(world, 3), issue(world, 4)] == [issue(world, 1), issue(world, 2)]


def test_a_rule_that_is_gone_leaves_its_keys_alone(world):
    rule(world, RULES)
    digest(world, OLD, failure(1))
    rule(world, "")
    done = carry(world, newer(other))
    assert (done.keys, done.added) == (1, 0)


def test_what_could_not_be_digested_has_a_key_of_no_algorithm(world):
    class Broken:
        def __getattr__(self, name):
            raise LookupError(name)

    world.put(failure(1))
    world.digest(Digester(world.means(Broken()), world.rules, writer=1))
    world.execute("UPDATE issue_fingerprints SET example = NULL, carried_version = 0")
    assert carry(world, newer(other)).added == 0

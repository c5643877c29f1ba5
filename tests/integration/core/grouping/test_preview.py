from datetime import timedelta

import pytest

from core.analysis.rules import checked
from core.grouping import preview as regrouping
from core.grouping import rulebook, stored
from core.grouping.preview import preview
from core.grouping.stored import Scope
from core.issues import merging
from tests.benchmarks import events
from tests.integration.core.digest.world import KNOWLEDGE, failure

JOIN = "[[grouping]]\nname='join'\nmatch.module='shop.*'\nfingerprint=['shop']\n"
SPLIT = (
    "[[grouping]]\nname='split'\nmatch.release='*'\n"
    "fingerprint=['{{ default }}', '{{ release }}']\n"
)
REST = """
[[grouping]]
name = "quiet"
match.environment = "test"
ignore = true
[[grouping]]
name = "named"
match.type = "ValueError"
title = "Better: {{ title }}"
[[classification]]
name = "passing"
match.module = "bank.*"
category = "timeout"
"""


@pytest.fixture
def filled(world):
    """Three issues: two of the shop, and one of the bank with two releases and a test."""
    bank = {"where": "bank.account", "kind": "KeyError"}
    world.put(failure(1), failure(2), failure(3, where="shop.payment"))
    world.put(failure(4, release="a", **bank), failure(5, release="b", **bank))
    world.put(failure(6, release="b", environment="test", **bank))
    world.digest()
    return world


def look(world, content, *, limit=1_000, days=7):
    since = world.clock.now() - timedelta(days=days)
    with world.database.transaction() as session:
        scope = Scope(world.project, since, limit)
        return preview(session, scope, checked(content), KNOWLEDGE)


def sizes(changed):
    return [
        (each.place.issue_id, sorted((part.issue_id, move.events) for part, move in each.parts))
        for each in changed
    ]


def test_what_would_be_merged_is_told_with_counts_and_examples(filled):
    found = look(filled, JOIN)
    one, two = filled.event(1).issue_id, filled.event(3).issue_id
    assert (found.issues, found.events, found.moved, found.complete) == (3, 6, 3, True)
    assert sizes(found.merged) == [(None, sorted([(one, 2), (two, 1)]))]
    assert (found.split, found.hits) == ((), {"join": 3})
    examples = {each for _, move in found.merged[0].parts for each in move.examples}
    assert examples == {events.event_id(number).hex for number in (1, 2, 3)}


def test_what_would_be_split_is_told(filled):
    found = look(filled, SPLIT)
    bank = filled.event(4).issue_id
    assert sizes(found.split) == [(bank, [(None, 1), (None, 2)])]
    assert found.merged == ()


def test_other_titles_kinds_and_silence_are_told(filled):
    found = look(filled, REST)
    bank = filled.event(4).issue_id
    assert {each.title for each in found.retitled} == {"Better: ValueError: no such thing"}
    assert sizes(found.reclassified) == [(bank, [(bank, 3)])]
    assert sizes(found.ignored) == [(bank, [(bank, 1)])]


def test_a_key_that_leads_to_an_issue_already_goes_there(filled):
    with filled.database.transaction() as session:
        rulebook.put(session, filled.project, JOIN, author="me", now=filled.clock.now())
    filled.put(failure(7))
    filled.digest()
    joined = filled.event(7).issue_id
    found = look(filled, JOIN + SPLIT)
    assert joined not in {part.issue_id for each in found.merged for part, _ in each.parts}
    assert look(filled, JOIN).moved == 0


def test_rules_that_hold_already_change_nothing(filled):
    found = look(filled, "")
    assert (found.moved, found.merged, found.split, found.retitled) == (0, (), (), ())


def test_what_was_merged_by_hand_counts_as_one(filled):
    target, source = filled.event(1).issue_id, filled.event(3).issue_id
    with filled.database.transaction() as session:
        merging.merge(session, target, [source], actor="me", now=filled.clock.now())
    found = look(filled, JOIN)
    assert (found.merged, found.split, found.events) == ((), (), 6)


def test_it_ends_at_the_limit_and_says_so(filled):
    found = look(filled, JOIN, limit=2)
    assert (found.events, found.complete) == (2, False)


def test_it_reads_page_by_page(filled, monkeypatch):
    monkeypatch.setattr(stored, "ISSUES_AT_ONCE", 1)
    assert (look(filled, JOIN).issues, look(filled, JOIN).events) == (3, 6)


def test_older_events_are_left_alone(filled):
    filled.clock.advance(8 * 24 * 3600)
    assert look(filled, JOIN).events == 0


def test_nothing_is_written(filled):
    state = "SELECT count(*), sum(event_count)::int, string_agg(title, ',' ORDER BY id) FROM issues"
    before = filled.rows(state)
    look(filled, JOIN + REST)
    assert filled.rows(state) == before
    assert filled.rows("SELECT 1 FROM rule_hits") == []


def test_too_many_new_issues_are_counted_together(filled, monkeypatch):
    monkeypatch.setattr(regrouping, "MOST_PLACES", 1)
    every = "[[grouping]]\nname='all'\nmatch.type='*'\nfingerprint=['{{ default }}', 'x']\n"
    found = look(filled, every)
    (others,) = found.merged
    assert (found.moved, others.place, len(others.parts)) == (6, regrouping.OTHERS, 2)

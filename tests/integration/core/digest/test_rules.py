import pytest
from structlog.testing import capture_logs

from core.grouping import rulebook
from core.store import projects
from tests.integration.core.digest.world import failure

IGNORED = """
[[grouping]]
name = "tests are noisy"
match.environment = "test"
ignore = true
"""
JOINED = """
[[grouping]]
name = "shop"
match.module = "shop.*"
fingerprint = ["shop"]
title = "The shop: {{ type }}"
"""
CLASSIFIED = """
[[classification]]
name = "passes by itself"
match.type = "ValueError"
category = "timeout"
"""


@pytest.fixture
def rule(world):
    """Puts rules in force."""

    def put(content):
        with world.database.transaction() as session:
            now = world.clock.now()
            return rulebook.put(session, world.project, content, author="me", now=now).version

    return put


def digest(world, *events):
    world.put(*events)
    return world.digest()


def test_events_of_a_rule_are_one_issue(world, rule):
    rule(JOINED)
    digest(world, failure(1), failure(2, where="shop.payment"), failure(3, where="bank.account"))
    assert world.rows("SELECT title, event_count FROM issues ORDER BY event_count DESC") == [
        ("The shop: ValueError", 2),
        ("ValueError: no such thing", 1),
    ]
    keyed = world.rows("SELECT mechanism, rule FROM issue_fingerprints ORDER BY mechanism")
    assert keyed == [("fingerprint", "shop"), ("stacktrace", None)]


def test_an_event_says_which_rules_decided(world, rule):
    version = rule(JOINED + CLASSIFIED)
    digest(world, failure(1))
    assert world.document(1)["analysis"]["rules"] == {
        "version": version,
        "grouping": "shop",
        "classification": "passes by itself",
        "keyed": True,
    }


def test_without_rules_it_says_nothing_of_them(world):
    digest(world, failure(1))
    assert "rules" not in world.document(1)["analysis"]


def test_what_is_ignored_is_stored_and_silent(world, rule):
    rule(IGNORED)
    (batch,) = digest(world, failure(1, environment="test"))
    assert (batch.stored, world.totals().missing) == (1, 0)
    assert world.one("SELECT status, event_count FROM issues") == ("ignored", 1)
    assert world.one("SELECT old, new, reason, actor FROM issue_transitions") == (
        None,
        "ignored",
        "rule: tests are noisy",
        "digest",
    )
    assert world.rows("SELECT kind FROM signals") == []


def test_what_is_ignored_takes_nothing_from_the_issue_of_the_others(world, rule):
    digest(world, failure(1, environment="production"))
    rule(IGNORED)
    digest(world, failure(2, environment="test"), failure(3, environment="production"))
    found = world.rows("SELECT status, event_count FROM issues ORDER BY status")
    assert found == [("ignored", 1), ("unresolved", 2)]
    rule("")
    digest(world, failure(4, environment="test"))
    assert world.event(4).issue_id == world.event(1).issue_id


def test_an_issue_that_is_there_gets_the_title_and_the_kind_of_a_rule(world, rule):
    digest(world, failure(1))
    rule(CLASSIFIED + JOINED.replace('fingerprint = ["shop"]', ""))
    digest(world, failure(2))
    described = "SELECT title, category, transient, event_count FROM issues"
    assert world.one(described) == ("The shop: ValueError", "timeout", True, 2)
    assert (world.event(1).category == "timeout", world.event(2).category) == (False, "timeout")


def test_hits_are_counted_by_rule_and_day_and_duplicates_are_none(world, rule):
    rule(JOINED + CLASSIFIED)
    digest(world, failure(1), failure(2), failure(2), failure(3, where="bank"))
    digest(world, failure(4))
    with world.database.transaction() as session:
        since = world.clock.now().date()
        hits = rulebook.hits(session, world.project, since)
    assert hits == {"passes by itself": 4, "shop": 3}


def test_a_new_version_holds_from_the_next_batch_on(world, rule):
    digester = world.digester()
    world.put(failure(1))
    world.digest(digester)
    rule(JOINED)
    world.put(failure(2))
    world.digest(digester)
    rule("")
    world.put(failure(3))
    world.digest(digester)
    issues = [world.event(number).issue_id for number in (1, 2, 3)]
    assert issues[0] == issues[2] != issues[1]


def test_rules_of_one_project_are_no_matter_of_another(world, rule):
    rule(JOINED)
    with world.database.transaction() as session:
        other = projects.create(session, "other", now=world.clock.now())[0].id
    world.put(failure(1), project=other)
    world.digest()
    assert world.one("SELECT rule FROM issue_fingerprints") is None


def test_a_rule_that_this_version_cannot_read_stops_nothing(world, rule):
    rule(JOINED)
    broken = JOINED + "[[grouping]]\nname = 'later'\nmatch.smell = 'x'\nignore = true"
    world.execute("UPDATE project_rules SET content = :content", content=broken)
    with capture_logs() as logs:
        digest(world, failure(1))
    assert world.one("SELECT rule FROM issue_fingerprints") == "shop"
    assert [entry["version"] for entry in logs if entry["event"] == "rules.skipped"] == [1]


def test_each_new_key_keeps_an_example(world):
    digest(world, failure(1, user={"email": "a@example.org"}), failure(2))
    example = world.one("SELECT example FROM issue_fingerprints")
    with world.database.transaction() as session:
        kept = world.payloads.unpack(session, bytes(example), None)
    assert kept["exception"] == failure(1)["exception"]
    assert "user" not in kept


def test_a_rule_that_postgresql_could_not_name_does_not_hold_events_up(world, rule):
    rule(JOINED)
    odd = JOINED.replace('name = "shop"', 'name = "sh\\u0000op"')
    world.execute("UPDATE project_rules SET content = :odd", odd=odd)
    digest(world, failure(1))
    assert world.one("SELECT title FROM issues") == "ValueError: no such thing"

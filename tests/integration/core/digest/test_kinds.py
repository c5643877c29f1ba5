"""Rows tell what went wrong, with and without their payload."""

from core.digest.thinning import Thinning
from core.grouping import rulebook
from tests.integration.core.digest.world import World, failure

RULES = """
[[classification]]
name = "values are time-outs"
match.type = "ValueError"
category = "timeout"
"""


def deadlock(number):
    exception = {"type": "OperationalError", "module": "psycopg", "code": "40P01", "value": "x"}
    return failure(number, exception={"values": [exception]})


def test_thinned_events_tell_kind_code_and_proposal_like_others(database, clock):
    world = World(database, clock, thinning=Thinning(1, 20))
    world.put(deadlock(1), deadlock(2), deadlock(3))
    world.digest()
    kept, _, thinned = (world.event(number) for number in (1, 2, 3))
    assert (kept.thinned, thinned.thinned) == (False, True)
    assert (kept.kind, kept.code) == (thinned.kind, thinned.code) == ("deadlock", "DB-DEADLOCK")
    assert kept.proposal is None
    assert thinned.proposal["action"] == "retry"


def test_issues_tell_their_kind(world):
    world.put(deadlock(1))
    world.digest()
    assert world.rows("SELECT family, kind FROM issues") == [("database", "deadlock")]


def test_an_issue_that_a_rule_reclassifies_has_the_kind_of_its_new_category(world):
    world.put(failure(1))
    world.digest()
    with world.database.transaction() as session:
        rulebook.put(session, world.project, RULES, author="me", now=world.clock.now())
    world.put(failure(2))
    world.digest()
    assert world.one("SELECT category FROM issues") == "timeout"
    kinds = [world.event(number).kind for number in (1, 2)]
    assert world.one("SELECT kind FROM issues") == kinds[1] != kinds[0]

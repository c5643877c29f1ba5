"""`mendline switch`."""

import pytest
from sqlalchemy import select

from core.model.audit import AuditEntry


@pytest.fixture
def switch(ask, project):
    return lambda *arguments: ask("switch", *arguments, "--project", project.name)


@pytest.mark.parametrize(
    ("given", "kept"), [("true", True), ("3", 3), ('"3"', "3"), ("standby", "standby")]
)
def test_a_value_is_json_or_else_a_text(switch, given, kept):
    made = switch("set", "checkout.way", given, "--why", "a try")
    assert (made["value"], made["until"]) == (kept, None)
    (listed,) = switch("list")
    assert (listed["name"], listed["value"], listed["why"]) == ("checkout.way", kept, "a try")


def test_it_holds_for_a_time_and_is_taken_away(switch):
    made = switch("set", "checkout.fallback", "true", "--for", "60", "--why", "it is down")
    assert made["until"] > made["set_at"]
    switch("unset", "checkout.fallback", "--why", "it is back")
    assert switch("list") == []


def test_who_did_it_and_why_is_kept(switch, database):
    switch("set", "a", "1", "--why", "one")
    switch("unset", "a", "--why", "two")
    with database.transaction() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        found = [(row.act, row.detail["why"]) for row in rows]
    assert found == [("switch.set", "one"), ("switch.unset", "two")]


def test_one_that_is_not_there(run, project):
    result = run("switch", "unset", "nowhere", "--project", project.name, "--why", "x")
    assert (result.exit_code, "ML-SWI-0001" in result.stderr) == (1, True)


def test_a_time_that_is_none_is_wrong_use(run, project):
    where = ("--project", project.name, "--why", "x")
    assert run("switch", "set", "a", "1", "--for", "nan", *where).exit_code == 2

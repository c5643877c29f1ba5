import json

import pytest

from core.clock import SystemClock
from core.model import AuditEntry
from tests.integration import recoveries


@pytest.fixture
def waiting(database, project, redis_server, monkeypatch):
    monkeypatch.setenv("MENDLINE_REDIS_URL", redis_server)
    now = SystemClock().now()
    recoveries.ask_first(database, project.id, now)
    return recoveries.add(database, project.id, now)


def test_list_and_show(ask, run, waiting):
    listed = ask("recovery", "list", "--pending")
    assert [int(each["id"]) for each in listed] == [waiting]
    assert ask("recovery", "list", "--state", "recovered") == []
    shown = ask("recovery", "show", waiting)
    assert shown["attempts"][0]["action"] == "restart_pool"
    assert "awaiting_approval" in run("recovery", "list", "--project", "shop").output


def answered(result):
    """Without what is logged: a process of its own logs elsewhere."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout[result.stdout.index("{\n") :])


def test_a_persons_word(run, database, project, waiting):
    other = recoveries.add(database, project.id, SystemClock().now())
    rejected = answered(run("recovery", "reject", other, "--why", "not today", "--json"))
    assert rejected["state"] == "rejected"
    approved = answered(run("recovery", "approve", waiting, "--why", "the pool hangs", "--json"))
    assert (approved["state"], approved["automatic"]) == ("acting", False)
    again = run("recovery", "approve", waiting, "--why", "the pool hangs")
    assert (again.exit_code, "ML-REC-0001" in again.output) == (1, True)
    with database.transaction() as session:
        acts = session.query(AuditEntry).order_by(AuditEntry.id).all()
        assert [each.act for each in acts] == ["recovery.rejected", "recovery.approved"]
        assert {each.actor.split(":")[0] for each in acts} == {"cli"}


def test_a_word_needs_a_reason(run, waiting):
    assert run("recovery", "approve", waiting).exit_code == 2


def test_what_is_not_there(run, database):
    assert run("recovery", "show", 77).exit_code == 1


def test_the_report(ask, run, database, project):
    recoveries.add(database, project.id, SystemClock().now(), state="recovered")
    assert ask("recovery", "report")["total"]["recovered"] == 1
    assert run("recovery", "report", "--project", "shop").output.startswith("# Recovery from ")
    assert ask("recovery", "report", "--until", "2020-01-01")["total"]["recovered"] == 0


def test_a_state_that_there_is_not_is_wrong_use(run):
    assert run("recovery", "list", "--state", "bogus").exit_code == 2

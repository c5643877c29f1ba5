import pytest

from core.access import audit, keys
from core.clock import SystemClock
from core.errors import UnauthenticatedError


def verified(database, plain):
    with database.transaction() as session:
        return keys.verify(session, plain, now=SystemClock().now())


def test_a_key_is_shown_once_and_works(run, ask, database):
    plain = run("key", "create", "--role", "operate", "--label", "ci").stdout.strip()
    assert verified(database, plain).role == "operate"
    (listed,) = ask("key", "list")
    assert listed["label"] == "ci"
    assert plain.startswith(listed["prefix"])
    assert plain not in str(listed)


def test_a_key_may_be_for_one_project_and_some_days(ask, database, project):
    made = ask("key", "create", "--role", "read", "--project", "shop", "--days", "7")
    assert verified(database, made["key"]).project_id == project.id
    assert made["expires_at"] > made["created_at"]
    assert [key["id"] for key in ask("key", "list", "--project", "shop")] == [made["id"]]


def test_a_revoked_key_is_refused(ask, database):
    made = ask("key", "create", "--role", "admin")
    assert ask("key", "revoke", made["id"])["revoked_at"]
    with pytest.raises(UnauthenticatedError):
        verified(database, made["key"])


def test_an_unknown_role_is_wrong_use(run):
    assert run("key", "create", "--role", "king").exit_code == 2


def test_an_unknown_key_fails(run):
    result = run("key", "revoke", 99)
    assert (result.exit_code, "ML-REF-0016" in result.stderr) == (1, True)


def test_who_makes_and_revokes_one_is_known(ask, database):
    made = ask("key", "create", "--role", "read")
    ask("key", "revoke", made["id"])
    with database.transaction() as session:
        found = audit.of(session, "key", int(made["id"]))
        assert [each.act for each in found] == ["key.issue", "key.revoke"]
        assert all(each.actor.startswith("cli:") for each in found)

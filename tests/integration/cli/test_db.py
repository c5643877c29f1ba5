import json

import psycopg
import pytest

from core.store.engine import libpq_url


@pytest.fixture
def empty(run, empty_database_url, monkeypatch):
    monkeypatch.setenv("MENDLINE_DATABASE_URL", empty_database_url)
    return empty_database_url


def test_an_empty_database_is_told_and_brought_up(run, ask, empty):
    checked = run("db", "check", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)["schema"]) == (1, "empty")
    assert ask("db", "upgrade")["schema"] == "current"
    assert ask("db", "upgrade")["schema"] == "current"
    assert ask("db", "check")["schema"] == "current"


def test_a_command_on_an_empty_database_tells_what_to_do(run, empty):
    result = run("project", "list")
    assert (result.exit_code, "mendline db check" in result.stderr) == (1, True)


def test_a_newer_database_is_left_alone(run, database_url):
    with psycopg.connect(libpq_url(database_url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    result = run("db", "upgrade")
    assert (result.exit_code, "ML-DB-0004" in result.stderr) == (1, True)
    assert "newer Mendline" in run("db", "check").stdout


def test_the_upgrade_carries_the_keys_of_issues_over(run, make_issue):
    make_issue()
    assert "Issue keys of an older grouping: 1 looked at, 0 left." in run("db", "upgrade").stderr
    assert "Issue keys" not in run("db", "upgrade").stderr

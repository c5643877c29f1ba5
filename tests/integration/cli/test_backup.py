import json
from pathlib import Path

import psycopg
import pytest
from alembic import command
from structlog.testing import capture_logs

from core.store import schema
from core.store.engine import Database


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MENDLINE_BACKUP_DIR", str(tmp_path / "backups"))
    with capture_logs():
        yield tmp_path / "backups"


def test_taken_listed_and_verified(run, ask, make_issue, folder):
    make_issue()
    made = ask("backup", "create")
    assert made["proven"] is True
    assert made["path"].startswith(str(folder))
    (listed,) = ask("backup", "list")
    assert (listed["path"], listed["state"]) == (made["path"], "proven")
    assert ask("backup", "verify", made["path"])["proven"] is True
    assert ask("backup", "verify", made["name"])["recovery_seconds"] > 0


def test_a_flipped_byte_is_told(run, ask):
    path = ask("backup", "create", "--no-verify")["path"]
    with Path(path).open("r+b") as file:
        file.seek(5_000)
        byte = file.read(1)
        file.seek(5_000)
        file.write(bytes([byte[0] ^ 4]))
    result = run("backup", "verify", path)
    assert (result.exit_code, "ML-BAK-0003" in result.stderr) == (1, True)
    assert ask("backup", "list")[0]["state"] == "failed"


def test_a_key_seals_and_is_needed(run, ask, tmp_path, monkeypatch):
    key, other = tmp_path / "key", tmp_path / "other"
    ask("backup", "key", key)
    ask("backup", "key", other)
    assert run("backup", "key", key).exit_code == 1
    made = ask("backup", "create", "--key-file", key)
    assert (made["encrypted"], made["proven"]) == (True, True)
    for given in ((), ("--key-file", other)):
        result = run("backup", "verify", made["path"], *given)
        assert (result.exit_code, "ML-BAK-0004" in result.stderr) == (1, True)
        assert "config show" in result.stderr  # another kind of key than those of the API


def test_nothing_is_replaced_without_the_word(run, ask, database_url):
    path = ask("backup", "create", "--no-verify")["path"]
    result = run("backup", "restore", path)
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    assert (result.exit_code, f"--overwrite {name}" in result.stderr) == (1, True)
    assert "state" not in run("backup", "restore", "none.mendline").stdout


def test_the_list_needs_no_database(ask, monkeypatch):
    made = ask("backup", "create", "--no-verify")
    monkeypatch.setenv("MENDLINE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    (listed,) = ask("backup", "list")
    assert (listed["path"], "state" in listed) == (made["path"], False)


@pytest.fixture
def older(run, make_issue, database_url):
    """A database of an earlier version, with an issue in it."""
    make_issue()
    database = Database(database_url)
    with database.engine.connect() as connection:
        command.downgrade(schema.config(connection), "-1")
        connection.commit()
    database.dispose()
    return schema.state(database_url).found


def test_an_upgrade_saves_first_and_there_is_a_way_back(run, ask, older, database_url, folder):
    result = run("db", "upgrade", "--json")
    assert json.loads(result.stdout)["schema"] == "current"
    (listed,) = ask("backup", "list")
    assert (listed["revision"], listed["state"]) == (older, "proven")
    assert listed["path"] in result.stderr
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    ask("backup", "restore", listed["path"], "--overwrite", name, "--no-upgrade")
    assert schema.state(database_url).found == older
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM issues").fetchone() == (1,)


def test_an_upgrade_without_its_backup_changes_nothing(run, older, database_url, monkeypatch):
    monkeypatch.setenv("MENDLINE_POSTGRES_PROGRAMS", "/nowhere")
    result = run("db", "upgrade")
    assert (result.exit_code, "ML-BAK-0001" in result.stderr) == (1, True)
    assert schema.state(database_url).found == older
    assert run("db", "upgrade", "--no-backup").exit_code == 0
    assert schema.state(database_url).ready

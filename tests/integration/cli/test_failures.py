"""Exit codes: 0 done, 1 failed, 2 wrong use, 3 a dependency is unreachable."""

import json
import os
import subprocess
import sys

import pytest

from cli.main import COMMANDS


def test_nobody_listens(run, monkeypatch):
    monkeypatch.setenv("MENDLINE_DATABASE_URL", "postgresql://a:secret@127.0.0.1:1/x")
    result = run("project", "list")
    assert result.exit_code == 3
    assert "mendline doctor" in result.stderr
    assert "secret" not in result.stderr


def test_no_platform_was_ever_started(run, monkeypatch):
    monkeypatch.delenv("MENDLINE_DATABASE_URL")
    result = run("issue", "list")
    assert result.exit_code == 3
    assert "mendline run" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["nope"], ["project"], ["issue", "show", "x"], ["key", "create"]]
)
def test_wrong_use(run, arguments):
    assert run(*arguments).exit_code == 2


def test_a_setting_that_cannot_be_read_is_wrong_use(run, monkeypatch):
    monkeypatch.setenv("MENDLINE_RETENTION_DAYS", "many")
    result = run("project", "list")
    assert (result.exit_code, "retention_days" in result.stderr) == (2, True)


def test_the_platform_is_found_through_its_data_directory(run, data_dir, monkeypatch):
    url = os.environ["MENDLINE_DATABASE_URL"]
    monkeypatch.delenv("MENDLINE_DATABASE_URL")
    monkeypatch.delenv("MENDLINE_DATA_DIR")
    found = {"database_url": url, "api_url": "http://127.0.0.1:9"}
    (data_dir / "credentials.json").write_text(json.dumps(found))
    for arguments in (
        ("--data-dir", data_dir, "project", "create", "before"),
        ("project", "create", "after", "--data-dir", data_dir),
    ):
        result = run(*arguments)
        assert (result.exit_code, "@127.0.0.1:9/" in result.stdout) == (0, True)


def mendline(*arguments):
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_and_version_import_no_database():
    probe = "import sys, cli.main; print('sqlalchemy' in sys.modules or 'celery' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", probe], text=True) == "False\n"
    assert mendline("--version").stdout.startswith("mendline 0.")
    listed = mendline("--help").stdout
    assert all(name in listed for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run, name):
    result = run(name, "--help")
    assert (result.exit_code, "Usage:" in result.stdout) == (0, True)


def test_a_process_of_its_own_ends_with_the_code(data_dir):
    result = mendline("project", "list", "--data-dir", str(data_dir))
    assert (result.returncode, result.stdout) == (3, "")

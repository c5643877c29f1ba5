import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from core.errors import DatabaseUnavailableError
from core.maintenance.backup import container, snapshot, taking
from core.maintenance.backup.problems import (
    BackupRunningError,
    MissingProgramError,
    ProgramFailedError,
)
from core.maintenance.backup.programs import Programs, Target
from tests.integration.core.maintenance.backup.conftest import KEY

pytestmark = pytest.mark.store


def left(folder):
    return sorted(each.name for each in folder.iterdir())


def test_the_manifest_tells_what_went_in(backup):
    found = container.look(backup.path).manifest
    assert found.contents.revision is not None
    assert found.contents.tables["events"].rows == 10
    assert found.contents.tables["issues"].maxima == {"id": "1"}
    assert found.contents.objects["foreign keys"] > 10
    assert found.dump_bytes == backup.dump_bytes > 10_000


def test_what_comes_after_the_snapshot_is_in_neither(target, how):
    with snapshot.connected(target) as connection, snapshot.exported(connection):
        with psycopg.connect(target.url) as other:
            other.execute("DELETE FROM events")
        assert snapshot.contents(connection).tables["events"].rows == 10
    assert taking.take(target, how).manifest.contents.tables["events"].rows == 0


def test_pg_restore_reads_the_file_as_it_is(backup, target):
    with snapshot.connected(target) as connection:
        major = snapshot.server(connection).major
    program = Programs(major).path("pg_restore")
    told = subprocess.run(
        [program, "--list", backup.path], capture_output=True, text=True, check=False
    )
    assert (told.returncode, "TABLE DATA public issues" in told.stdout) == (0, True)


def test_an_encrypted_one_shows_neither_dump_nor_key(target, how):
    made = taking.take(target, replace(how, key=KEY))
    assert made.manifest.key == KEY.id.hex()
    assert b"PGDMP" not in made.path.read_bytes()


def test_one_at_a_time(target, how):
    with (
        snapshot.connected(target) as other,
        snapshot.alone(other),
        pytest.raises(BackupRunningError),
    ):
        taking.take(target, how)


def test_drafts_that_were_left_go(target, how):
    how.folder.mkdir()
    (how.folder / "mendline-1.mendline.draft").write_bytes(b"half")
    made = taking.take(target, how)
    assert left(how.folder) == [made.path.name]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://me:very-secret@host:1/db",
        "postgresql://me@host:1/db?sslmode=prefer&password=very-secret",
        "postgresql:///db?host=/run/postgresql&user=me&password=very-secret",
    ],
)
def test_the_password_is_in_no_list_of_processes(address):
    target = Target(address)
    assert "very-secret" not in target.plain
    assert target.environment["PGPASSWORD"] == "very-secret"


def test_an_address_may_name_the_driver_as_everywhere_else(target, how):
    named = Target(target.url.replace("postgresql://", "postgresql+psycopg://"))
    assert named.url != target.url
    made = taking.take(named, how)
    assert left(how.folder) == [made.path.name]


def test_a_missing_program_is_told(target, how, tmp_path):
    with pytest.raises(MissingProgramError, match="MENDLINE_POSTGRES_PROGRAMS"):
        taking.take(target, replace(how, programs=tmp_path))
    assert left(how.folder) == []


def fake(folder, script):
    """A pg_dump of the right version that does something else."""
    program = folder / "pg_dump"
    text = f"""#!/bin/sh
[ "$1" = --version ] && echo "pg_dump (PostgreSQL) $MAJOR.0" && exit 0
{script}
"""
    program.write_text(text)
    program.chmod(0o755)
    return folder


def test_a_dump_that_breaks_off_is_no_backup(target, how, tmp_path, monkeypatch):
    with snapshot.connected(target) as connection:
        monkeypatch.setenv("MAJOR", str(snapshot.server(connection).major))
    programs = fake(tmp_path, "echo PGDMP; echo 'pg_dump: error: it broke' >&2; exit 1")
    with psycopg.connect(target.url) as other:
        other.execute("LOCK TABLE signals IN ACCESS EXCLUSIVE MODE")  # so the count is not over
        with pytest.raises(ProgramFailedError, match="it broke"):
            taking.take(target, replace(how, programs=programs))
    assert left(how.folder) == []


def test_a_database_that_is_away_is_told(how):
    with pytest.raises(DatabaseUnavailableError):
        taking.take(Target("postgresql://nobody@127.0.0.1:1/none"), how)


KILLED = """
import sys
from pathlib import Path
from core.clock import SystemClock
from core.maintenance.backup import taking
from core.maintenance.backup.programs import Target

def tell(step, count):
    print(step, count, flush=True)

how = taking.Taking(folder=Path(sys.argv[2]), clock=SystemClock(), tell=tell)
taking.take(Target(sys.argv[1]), how)
"""


def test_a_kill_in_the_middle_leaves_a_draft_that_the_next_one_removes(target, how):
    argv = [sys.executable, "-c", KILLED, target.url, str(how.folder)]
    with psycopg.connect(target.url) as blocker:
        blocker.execute("LOCK TABLE signals IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
        assert process.stdout.readline() == "count 0\n"
        process.kill()
        process.wait()
        process.stdout.close()
    assert _taken_soon(target, how).manifest.contents.tables["events"].rows == 10
    assert [name.endswith(".draft") for name in left(how.folder)] == [False]


def _taken_soon(target, how):
    """The server notices within a second or so that the killed one is gone."""
    for _ in range(100):
        try:
            return taking.take(target, how)
        except BackupRunningError:
            time.sleep(0.1)
    raise AssertionError(os.getpid())

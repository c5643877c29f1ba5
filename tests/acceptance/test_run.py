"""`mendline run` as a user and an init system see it: starts, stops, kills, and what is left."""

import os
import signal
import socket
import stat
import subprocess
import sys

import httpx2
import psutil
import psycopg
import pytest
import redis

from tests.acceptance.platform import Platform, eventually, running
from tests.chaos.faults import command_of

SMALL = ("--processes", "fleet,worker-general")


def alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def named(platform, *marks):
    found = [p for p in platform.processes() if all(m in command_of(p) for m in marks)]
    return found[0] if found else None


def refused(data_dir, *arguments, **environment):
    """Runs it to its end; gives the exit code and what it said."""
    clean = {name: v for name, v in os.environ.items() if not name.startswith("MENDLINE_")}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run", "--data-dir", str(data_dir), *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Part of a platform, for tests that leave it running."""
    with running(tmp_path_factory.mktemp("small") / "data", arguments=SMALL) as platform:
        yield platform


def test_it_prints_one_line_and_stops_without_a_rest(tmp_path):
    platform = Platform(tmp_path / "data", arguments=SMALL).start()
    children = platform.processes()
    assert platform.ready["api"] is None
    assert platform.ready["dsn"] == platform.credentials["dsn"]
    platform.process.send_signal(signal.SIGTERM)
    assert platform.process.stdout.read() == ""
    assert platform.stop() == 0
    assert not [p for p in children if alive(p)]
    assert platform.credentials["admin_key"] not in platform.log()


def test_a_second_start_finds_everything_again_and_stops_in_order(tmp_path):
    with running(tmp_path / "data", arguments=SMALL, measured=False) as first:
        before = first.credentials
        assert first.stop() == 0
    with running(tmp_path / "data", measured=False) as second:
        assert httpx2.get(f"{second.ready['api']}/readyz").status_code == 200
        assert second.credentials["admin_key"] == before["admin_key"]
        assert second.credentials["database_url"] == before["database_url"]
        assert second.stop(signal.SIGINT) == 0
    log = second.log()
    order = ("api", "beat", "fleet", "worker-ingest, worker-general", "flower")
    stops = [log.rindex(f"Stopping {name}.") for name in order]
    assert stops == sorted(stops)


def test_what_it_keeps_is_private(small):
    assert stat.S_IMODE(small.data_dir.stat().st_mode) == 0o700
    readable = [p for p in small.data_dir.rglob("*") if p.stat().st_mode & 0o077]
    assert not [p for p in readable if not p.is_socket()]


def test_after_a_kill_nothing_is_left_and_the_next_start_is_clean(tmp_path):
    first = Platform(tmp_path / "data", arguments=SMALL, measured=False).start()
    eventually(lambda: named(first, "tasks.app", "worker"))
    children = first.processes()
    first.process.kill()
    first.stop()
    with running(tmp_path / "data", arguments=SMALL, measured=False) as second:
        assert not [p for p in children if alive(p)]
        assert second.credentials["database_url"] == first.credentials["database_url"]
        assert second.stop() == 0


def test_killed_servers_are_back(small):
    url = small.credentials["database_url"]
    dead = [named(small, "bin/postgres", "-D"), named(small, "redis-server")]
    for server in dead:
        server.kill()
    eventually(lambda: answers(lambda: psycopg.connect(url, connect_timeout=2).close()))
    with redis.Redis.from_url(small.credentials["redis_url"]) as client:
        eventually(lambda: answers(client.ping))


def answers(call):
    try:
        call()
    except (psycopg.Error, redis.RedisError):
        return False
    return True


def test_a_killed_process_is_back_and_the_others_stay(small):
    fleet, agent = named(small, "workers.controller"), named(small, "workers.agent")
    fleet.kill()
    eventually(lambda: (named(small, "workers.controller") or fleet).pid != fleet.pid)
    assert alive(agent)


def test_a_second_run_on_the_same_directory_is_refused(small):
    code, said = refused(small.data_dir, *SMALL)
    assert code == 1
    assert f"process {small.process.pid}" in said


def test_unknown_processes_are_wrong_use(tmp_path):
    code, said = refused(tmp_path / "data", "--processes", "fleet,nonsense")
    assert code == 2
    assert "nonsense" in said
    assert "worker-ingest" in said


def test_a_taken_port_is_told_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = refused(tmp_path / "data", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "taken" in said
    assert not (tmp_path / "data" / "postgres").exists()


def test_an_address_that_nobody_answers_is_a_missing_dependency(tmp_path):
    code, said = refused(
        tmp_path / "data",
        *SMALL,
        MENDLINE_DATABASE_URL="postgresql://mendline@127.0.0.1:1/mendline",
        MENDLINE_REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert code == 3
    assert "Traceback" not in said


def test_given_servers_are_used(tmp_path, empty_database_url, redis_server):
    given = {"MENDLINE_DATABASE_URL": empty_database_url, "MENDLINE_REDIS_URL": redis_server}
    with running(tmp_path / "data", arguments=SMALL, env=given) as platform:
        assert platform.credentials["database_url"] == empty_database_url
        assert not (platform.data_dir / "postgres").exists()
        with psycopg.connect(empty_database_url) as connection:
            rows = connection.execute("SELECT name FROM projects ORDER BY id").fetchall()
        assert [name for (name,) in rows] == ["default", "mendline"]

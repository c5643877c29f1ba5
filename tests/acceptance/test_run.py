"""`mendline run` as a user and an init system see it: starts, stops, kills, and what is left."""

import os
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import httpx2
import psutil
import psycopg
import pytest
import redis

from tests.acceptance.platform import Platform, eventually, running
from tests.chaos.targets import command_of

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


@dataclass
class Life:
    """One run on a data directory: what it showed, and what it left."""

    platform: Platform
    ready: dict = field(default_factory=dict)
    credentials: dict = field(default_factory=dict)
    children: list = field(default_factory=list)
    readiness: int | None = None
    rest: str = ""
    code: int | None = None

    def begin(self):
        self.platform.start()
        self.ready, self.credentials = self.platform.ready, self.platform.credentials
        self.children = self.platform.processes()
        if self.ready["api"]:
            self.readiness = httpx2.get(f"{self.ready['api']}/readyz").status_code
        return self

    def end(self, how):
        self.platform.process.send_signal(how)
        self.rest = self.platform.process.stdout.read()
        self.code = self.platform.stop()
        return self

    @property
    def left(self):
        return [p for p in self.children if alive(p)]


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    """Three runs on one data directory: ended, killed while it worked, and ended again."""
    data_dir = tmp_path_factory.mktemp("lives") / "data"
    ended = Life(Platform(data_dir, arguments=SMALL)).begin().end(signal.SIGTERM)
    left = ended.left
    killed = Life(Platform(data_dir, arguments=SMALL, measured=False)).begin()
    eventually(lambda: named(killed.platform, "tasks.app", "worker"))
    killed.children = killed.platform.processes()
    killed.end(signal.SIGKILL)
    last = Life(Platform(data_dir, measured=False)).begin()
    leftovers = killed.left
    return SimpleNamespace(
        ended=ended, left=left, killed=killed, leftovers=leftovers, last=last.end(signal.SIGINT)
    )


def test_it_prints_one_line_and_stops_without_a_rest(lives):
    ended = lives.ended
    assert ended.ready["api"] is None
    assert ended.ready["dsn"] == ended.credentials["dsn"]
    assert (ended.rest, ended.code) == ("", 0)
    assert not lives.left
    assert ended.credentials["admin_key"] not in ended.platform.log()


def test_after_a_kill_nothing_is_left_and_the_next_start_is_clean(lives):
    assert not lives.leftovers
    assert lives.last.code == 0


def test_the_next_start_finds_everything_again(lives):
    assert lives.last.readiness == 200
    for name in ("admin_key", "database_url"):
        assert lives.last.credentials[name] == lives.ended.credentials[name]


def test_it_stops_in_order(lives):
    log = lives.last.platform.log()
    order = ("api", "beat", "fleet", "worker-ingest, worker-general, worker-critical", "flower")
    stops = [log.rindex(f"Stopping {name}.") for name in order]
    assert stops == sorted(stops)
    assert lives.last.code == 0


def test_what_it_keeps_is_private(small):
    assert stat.S_IMODE(small.data_dir.stat().st_mode) == 0o700
    readable = [p for p in small.data_dir.rglob("*") if p.stat().st_mode & 0o077]
    assert not [p for p in readable if not p.is_socket()]


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

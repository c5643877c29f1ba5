"""Forks in a process of its own: its signals are not pytest's."""

import os
import signal
import subprocess
import sys

import pytest

FORKING = """
import os, structlog, sys, time
from web.forks import Forks
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
def serve():
    print(os.getpid(), flush=True)
    {life}
sys.exit(Forks(serve, {count}).run())
"""


@pytest.fixture
def forking():
    started = []

    def start(life="time.sleep(60)", count=1):
        script = FORKING.format(life=life, count=count)
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        finally:
            process.wait()
            process.stdout.close()


def server_of(process):
    return int(process.stdout.readline())


def test_who_is_killed_is_replaced_until_it_happens_again_and_again(forking):
    process = forking()
    servers = []
    for _ in range(4):
        servers.append(server_of(process))
        os.kill(servers[-1], signal.SIGKILL)
    assert len(set(servers)) == 4
    assert process.wait(20) == 1


def test_all_end_together_when_told_to(forking):
    process = forking(count=2)
    server_of(process), server_of(process)
    process.terminate()
    assert process.wait(20) == 0
    assert process.stdout.read() == ""


def test_who_ends_by_itself_ends_them_all_with_its_code(forking):
    process = forking("sys.exit(7)")
    assert process.wait(20) == 7


def test_nobody_is_left_behind_without_the_parent(forking):
    process = forking()
    server_of(process)
    process.kill()
    # The pipe is at its end when the last one that could write to it is gone.
    assert process.stdout.read() == ""

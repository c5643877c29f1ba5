"""What the embedded servers have in common, and the plain way to run one without a supervisor."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from core.errors import DependencyError, DiskFullError
from workers.programs import Program, spawn

ATTEMPTS = 4
PATIENCE = 60.0
POLL = 0.02
NO_SPACE = "No space left on device"


class Server(Protocol):
    """A server of our own in a folder of its own."""

    name: str
    directory: Path

    @property
    def url(self) -> str:
        """Where it listens, with the password; fixed once it was prepared."""
        ...

    def create(self) -> None:
        """Makes what is missing on disk; here it turns out if something stands in the way."""
        ...

    def prepare(self) -> Program:
        """Creates, and clears what a dead predecessor left; before every start."""
        ...

    def answers(self) -> bool:
        """Whether a client is served."""
        ...


@contextmanager
def running(server: Server) -> Iterator[str]:
    """Runs the server for the time of the block and gives its URL; its output goes to a file."""
    program, process = started(server)
    try:
        yield server.url
    finally:
        stop(program, process)


def started(server: Server) -> tuple[Program, subprocess.Popen[bytes]]:
    """Tries a few times: what a killed predecessor left may need a moment to go away."""
    for _ in range(ATTEMPTS):
        program = server.prepare()
        log = server.directory / "log"
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
            process = spawn(program, output=output)
        if _answers_in_time(server, process):
            return program, process
        stop(program, process)
    raise start_failure(server.name, log.read_text(errors="replace"))


def start_failure(name: str, output: str) -> DependencyError:
    """The clearest error for a server that did not come up, from what it wrote."""
    lines = "\n".join(output.strip().splitlines()[-10:])
    if NO_SPACE in output:
        return DiskFullError(f"{name} cannot start, the disk is full:\n{lines}")
    return DependencyError(f"{name} does not start:\n{lines}")


def stop(program: Program, process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(program.stop_signal)
    try:
        process.wait(program.grace)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers_in_time(server: Server, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if server.answers():
            return True
        time.sleep(POLL)
    return False

"""Servers outside the platform, kept alive by the drill itself so that they may be killed, too."""

import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import psutil

from core.errors import DependencyError
from tests.chaos.fault import ImpossibleError
from workers.embedded import server as embedded

POLL = 0.1
RABBITMQ = Path(__file__).resolve().parents[2] / ".ci" / "rabbitmq"


class Kept:
    """Starts the server again whenever it dies, until the end."""

    def __init__(self, server):
        self._server = server
        self._end = threading.Event()
        self._ready = threading.Event()
        self._running = None
        # The server is told of our death when the thread ends that started it; it lasts as long.
        self._thread = threading.Thread(target=self._keep)

    def start(self):
        self._thread.start()
        if not self._ready.wait(embedded.PATIENCE):
            raise DependencyError(f"{self._server.name} does not start")

    def stop(self):
        self._end.set()
        self._thread.join()

    def process(self):
        return psutil.Process(self._running[1].pid)

    def _keep(self):
        while not self._end.is_set():
            self._running = embedded.started(self._server)
            self._ready.set()
            self._wait(self._running[1])
        embedded.stop(*self._running)

    def _wait(self, process):
        while not self._end.is_set():
            try:
                process.wait(POLL)
            except subprocess.TimeoutExpired:
                continue
            return


@contextmanager
def kept(server):
    keeper = Kept(server)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()


@contextmanager
def rabbitmq(folder):
    """The address of a scratch RabbitMQ from the distribution's package."""
    done = subprocess.run([RABBITMQ, "start", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImpossibleError(f"no RabbitMQ can be started: {done.stderr.strip()[-300:]}")
    try:
        yield (folder / "broker_url").read_text()
    finally:
        subprocess.run([RABBITMQ, "stop", folder], check=True)

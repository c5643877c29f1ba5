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
MACHINE = "beam.smp"
NOBODY = 2**22
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


class KeptRabbitmq:
    """A scratch RabbitMQ from the distribution's package, started again whenever it dies."""

    def __init__(self, folder):
        self._folder = folder
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep)

    @property
    def url(self):
        return (self._folder / "broker_url").read_text()

    def start(self):
        done = self._start()
        if done.returncode:
            raise ImpossibleError(f"no RabbitMQ can be started: {done.stderr.strip()[-300:]}")
        self._thread.start()

    def stop(self):
        self._end.set()
        self._thread.join()
        subprocess.run([RABBITMQ, "stop", self._folder], check=True)

    def process(self):
        """The virtual machine itself; the script that starts it is no more than its parent."""
        written = (self._folder / "server.pid").read_text().strip()
        script = psutil.Process(int(written or NOBODY))  # empty while it is being written
        family = [script, *script.children(recursive=True)]
        for each in family:
            if MACHINE in " ".join(each.cmdline()) and each.status() != psutil.STATUS_ZOMBIE:
                return each
        raise psutil.NoSuchProcess(script.pid)

    def _start(self):
        command = [RABBITMQ, "start", self._folder]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _keep(self):
        while not self._end.wait(POLL):
            try:
                self.process()
            except psutil.Error:
                subprocess.run([RABBITMQ, "stop", self._folder], check=True)
                self._start()


@contextmanager
def rabbitmq(folder):
    keeper = KeptRabbitmq(folder)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop()

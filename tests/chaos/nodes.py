"""Nodes of pytest-celery that are processes of this machine: kill, restart and logs read well.

Its wrappers want the object that docker's library has for a container; what they use of it is what
`LocalProcess` has. No container engine is needed, and none is asked for.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from pytest_celery import CeleryWorkerContainer, RedisContainer

from workers.programs import Program, spawn


class LocalProcess:
    """`prepare` comes before each of its lives; its log goes on through all of them."""

    def __init__(self, prepare: Callable[[], Program], log: Path):
        self._prepare = prepare
        self._log = log
        self._process = self._started()

    def _started(self):
        program = self._prepare()
        self.id = self.name = program.name
        with self._log.open("ab") as lines:
            return spawn(program, output=lines)

    @property
    def pid(self):
        return self._process.pid

    @property
    def status(self):
        return "running" if self._process.poll() is None else "exited"

    @property
    def attrs(self):
        """As docker tells them: an address, and no ports that it would look for by itself."""
        return {
            "NetworkSettings": {"Networks": {"lo": {"IPAddress": "127.0.0.1"}}, "Ports": {}},
            "HostConfig": {"PortBindings": {}},
            "Config": {"Env": [], "Hostname": "127.0.0.1"},
        }

    def reload(self):
        """Its state is asked for each time."""

    def logs(self):
        return self._log.read_bytes()

    def kill(self, signal="SIGKILL"):
        """SIGKILL takes all of its processes at once, every other signal its main process."""
        number = Signals[signal] if isinstance(signal, str) else Signals(signal)
        if number is SIGKILL:
            os.killpg(self._process.pid, SIGKILL)
            self._process.wait()
        else:
            self._process.send_signal(number)

    def restart(self, timeout=10):
        self.stop(timeout)
        self._process = self._started()

    def stop(self, timeout=10):
        if self.status == "running":
            self._process.send_signal(SIGTERM)
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()


class LocalWorker(CeleryWorkerContainer):
    def teardown(self):
        self._container.stop()


class LocalRedis(RedisContainer):
    """`url` is that of the process; it is reached without any mapping of ports."""

    def __init__(self, process, url):
        super().__init__(process)
        self._url = url

    @property
    def url(self):
        return self._url

    @property
    def host_url(self):
        return self._url

    def teardown(self):
        self._container.stop()

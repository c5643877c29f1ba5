"""A whole platform in a scratch directory, started the way a user starts it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil

READY_WITHIN = 120.0


class NotReadyError(Exception):
    pass


class Platform:
    """`mendline run` as a child process; `api` is a client with the admin key."""

    def __init__(self, data_dir, *, env=None, arguments=(), measured=True):
        """`measured` false: without coverage, where most processes are killed before they save."""
        self.data_dir = Path(data_dir)
        unwanted = ("MENDLINE_",) if measured else ("MENDLINE_", "COVERAGE_")
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith(unwanted)
        } | (env or {})
        self.arguments = list(arguments)
        self.ready = None
        self.process = None
        self.output = None

    def start(self):
        self.output = (self.data_dir.parent / f"{self.data_dir.name}.log").open("ab")
        command = [sys.executable, "-m", "cli.main", "run", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(self.data_dir), *self.arguments],
            stdout=subprocess.PIPE,
            stderr=self.output,
            stdin=subprocess.DEVNULL,
            env=self.env,
            text=True,
        )
        self.ready = self._ready_line()
        return self

    def _ready_line(self):
        watchdog = threading.Timer(READY_WITHIN, self.process.kill)
        watchdog.start()
        try:
            line = self.process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line.startswith("ready "):
            raise NotReadyError(f"printed {line!r}; its log ends with:\n{self.log()[-4000:]}")
        return json.loads(line.removeprefix("ready "))

    def log(self):
        return Path(self.output.name).read_text(errors="replace")

    @property
    def credentials(self):
        return json.loads(Path(self.ready["credentials"]).read_text())

    @property
    def dsn(self):
        return self.ready["dsn"]

    @property
    def dsn_key(self):
        return self.dsn.split("//")[1].split("@")[0]

    def api(self):
        headers = {"Authorization": f"Bearer {self.credentials['admin_key']}"}
        return httpx2.Client(base_url=self.ready["api"], headers=headers, timeout=30)

    def mendline(self, *arguments, **options):
        """Runs one command against this platform, found through its data directory."""
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            env=self.env | {"MENDLINE_DATA_DIR": str(self.data_dir)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )

    def processes(self):
        """Every living process below `mendline run`, itself not included."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(READY_WITHIN)
        self.process.stdout.close()
        self.output.close()
        return code


@contextmanager
def running(data_dir, **options):
    platform = Platform(data_dir, **options)
    try:
        yield platform.start()
    finally:
        platform.stop()


def eventually(look, *, within=60.0, every=0.05):
    """Returns the first true answer of `look`; fails with its last answer when time is up."""
    deadline = time.monotonic() + within
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; the last answer was {answer!r}")
        time.sleep(every)

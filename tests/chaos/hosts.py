"""Several hosts on one machine: network namespaces on a bridge, each with a name of its own."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.chaos.fault import ImpossibleError

ROOT = Path(__file__).resolve().parents[2]
NAMED = 'hostname "$0" && exec "$@"'
POLL = 0.02
# Of no use to processes that are killed, and costly.
UNWANTED = ("MENDLINE_", "COVERAGE_")


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImpossibleError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """A bridge; this machine is its first host and has the servers, the others have workers."""

    def __init__(self):
        self.name = f"ml{secrets.token_hex(3)}"
        self._subnet = f"10.213.{secrets.randbelow(256)}"
        self.address = f"{self._subnet}.1"
        self.hosts = []

    def __enter__(self):
        if os.geteuid() or not shutil.which("ip") or not shutil.which("unshare"):
            raise ImpossibleError("several hosts need root, ip (iproute2) and unshare")
        ip("link", "add", self.name, "type", "bridge")
        try:
            ip("address", "add", f"{self.address}/24", "dev", self.name)
            ip("link", "set", self.name, "up")
        except ImpossibleError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            host.close()
        with suppress(ImpossibleError):
            ip("link", "delete", self.name)

    def host(self, name):
        number = len(self.hosts) + 2
        self.hosts.append(Host(name, self, f"{self._subnet}.{number}/24"))
        return self.hosts[-1]


class Host:
    def __init__(self, name, network, address):
        self.name = name
        self._space = f"{network.name}-{name}"
        self._cable = f"{network.name}{name}"[:15]
        self._processes = []
        inside = f"{self._cable[:13]}-i"
        ip("netns", "add", self._space)
        ip("link", "add", self._cable, "type", "veth", "peer", "name", inside)
        ip("link", "set", inside, "netns", self._space)
        ip("link", "set", self._cable, "master", network.name, "up")
        for words in (
            ("address", "add", address, "dev", inside),
            ("link", "set", inside, "up"),
            ("link", "set", "lo", "up"),
        ):
            ip("-n", self._space, *words)

    def start(self, argv, *, environment, log):
        command = ["ip", "netns", "exec", self._space, "unshare", "--uts", "sh", "-c", NAMED]
        with log.open("ab") as lines:
            process = subprocess.Popen(
                [*command, self.name, *argv],
                cwd=ROOT,
                env=_clean(os.environ) | environment,
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)

    def cut(self):
        ip("link", "set", self._cable, "down")

    def join(self):
        ip("link", "set", self._cable, "up")

    def kill(self):
        """As a power failure: everything at once, and nobody says good-bye."""
        while pids := self._pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL)

    def close(self):
        self.kill()
        for process in self._processes:
            process.wait()
        with suppress(ImpossibleError):
            ip("netns", "delete", self._space)
        # Its inner end goes with it; the kernel takes a namespace down in its own time.
        with suppress(ImpossibleError):
            ip("link", "delete", self._cable)

    def _pids(self):
        with suppress(ImpossibleError):
            return [int(pid) for pid in ip("netns", "pids", self._space).split()]
        return []


def _clean(environment):
    return {name: v for name, v in environment.items() if not name.startswith(UNWANTED)}

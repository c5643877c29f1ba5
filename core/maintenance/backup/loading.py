"""Puts the dump of a backup into a database that was made for it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from core.maintenance.backup import container, programs, sealing, snapshot
from core.maintenance.backup.container import PIECE, Backup
from core.maintenance.backup.problems import MissingRightError
from core.maintenance.backup.programs import Programs, Target
from core.maintenance.backup.sealing import Key
from core.maintenance.backup.snapshot import Connection
from core.maintenance.backup.taking import Tell, silent

# Where one stands to make, rename and drop the others.
NEUTRAL: Final = ("postgres", "template1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """`jobs` tables and indexes at a time, where the backup is not encrypted."""

    key: Key | None = None
    jobs: int = 1
    programs: Path | None = None
    tell: Tell = silent


def load(backup: Backup, into: Target, how: Loading) -> None:
    """All of it, or an error and a database that is good for nothing but to be dropped."""
    with snapshot.connected(into) as connection:
        major = snapshot.server(connection).major
    argv = [
        Programs(major, how.programs).path("pg_restore"),
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        "--no-password",
        f"--dbname={into.plain}",
    ]
    if how.jobs > 1 and backup.manifest.key is None:
        how.tell("restore", 0)
        programs.run([*argv, f"--jobs={how.jobs}", str(backup.path.absolute())], into)
    else:
        _pipe(backup, [*argv, "--single-transaction"], into, how)


def _pipe(backup: Backup, argv: list[str], into: Target, how: Loading) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "pipesize": PIECE}
    with programs.running(argv, into, **pipes) as process:
        assert process.stdin is not None
        total = 0
        for piece in dump(backup, how.key):
            process.stdin.write(piece)
            total += len(piece)
            how.tell("restore", total)


def dump(backup: Backup, key: Key | None) -> Iterator[bytes]:
    """The dump as pg_dump wrote it."""
    with container.dump_of(backup) as read:
        if backup.manifest.key is not None:
            yield from sealing.unseal(read, key)
            return
        while piece := read(PIECE):
            yield piece


@contextmanager
def beside(target: Target) -> Iterator[Connection]:
    """A connection to the same server, but to none of the databases that are worked on."""
    for name in NEUTRAL:
        if name != target.database:
            with snapshot.connected(target.named(name)) as connection:
                yield connection
                return


def create(connection: Connection, name: str) -> None:
    try:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise MissingRightError(
            f"The database user {connection.info.user} may not create databases, which a restore "
            f"needs: ALTER ROLE {connection.info.user} CREATEDB."
        ) from error


def drop(connection: Connection, name: str) -> None:
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def exists(connection: Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None

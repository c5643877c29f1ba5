"""Restores a backup into a new database, and lets it take the place of the old one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from core.clock import Clock
from core.errors import SchemaError
from core.maintenance.backup import container, loading, proving, snapshot
from core.maintenance.backup.container import Backup
from core.maintenance.backup.loading import Loading
from core.maintenance.backup.problems import (
    MissingRightError,
    OverwriteRefusedError,
    UnprovenBackupError,
)
from core.maintenance.backup.programs import Target
from core.maintenance.backup.proving import Check, Outcome
from core.maintenance.backup.snapshot import Connection
from core.store import schema
from core.store.schema import Fit

STAMP: Final = "%Y%m%d_%H%M%S_%f"  # two restores in one second keep apart
LONGEST_NAME: Final = 63
PAUSE: Final = 0.05
OTHERS: Final = """
    SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid()
"""
TABLES: Final = """
    SELECT count(*) AS tables FROM pg_class WHERE relkind IN ('r', 'p')
    AND relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`target` has the name that the restored database gets in the end.

    `overwrite` is the explicit word: that very name, if there is a database with tables already.
    Without `upgrade` the schema stays that of the backup: the way back to an earlier version.
    """

    target: Target
    overwrite: str | None = None
    upgrade: bool = True


@dataclass(frozen=True, slots=True)
class Restored:
    """`before` is the name under which the former database is still there."""

    database: str
    before: str | None
    revision: str | None
    checks: tuple[Check, ...]
    seconds: float


def restore(path: Path, wish: Wish, how: Loading, clock: Clock) -> Restored:
    """1. Everything that speaks against it is looked for before anything is made.
    2. The backup goes into a new database beside and is compared with its manifest.
    3. Only then the new one takes the name, in one transaction; the old one keeps another name.
    """
    begun = clock.monotonic()
    how.tell("checksum", 0)
    backup = container.look(path)
    container.check(path)
    _require_usable(backup, wish)
    with loading.beside(wish.target) as connection:
        taken = _taken(connection, wish)
        stamp = f"{clock.now():{STAMP}}"
        new = _named(wish.target.database, f"_restored_{stamp}")
        before = _named(wish.target.database, f"_before_{stamp}") if taken else None
        loading.create(connection, new)
        try:
            checks = _filled(backup, wish.target.named(new), wish=wish, how=how)
            how.tell("switch", 0)
            _switch(connection, wish.target, new, before)
        finally:
            loading.drop(connection, new)  # where it still has that name
    state = schema.state(wish.target.url)
    seconds = round(clock.monotonic() - begun, 3)
    return Restored(wish.target.database, before, state.found, checks, seconds)


def _require_usable(backup: Backup, wish: Wish) -> None:
    """No version that is here could use what a newer one saved: it would end the platform."""
    state = schema.state_at(backup.manifest.contents.revision)
    if wish.upgrade and state.fit is Fit.NEWER:
        raise SchemaError(
            f"The backup is at revision {state.found}, which this version does not know: a newer "
            "Mendline made it. Restore it with that one, or with --no-upgrade as it is."
        )


def _taken(connection: Connection, wish: Wish) -> bool:
    """Whether a database of that name is there; refused if it has tables and nobody said so."""
    name = wish.target.database
    if not loading.exists(connection, name):
        return False
    with snapshot.connected(wish.target) as inside:
        tables = snapshot.one(inside, TABLES)["tables"]
    if tables and wish.overwrite != name:
        raise OverwriteRefusedError(
            f"The database {name} has {tables} tables. To replace it, say --overwrite {name}; the "
            f"old one is kept under another name. Or restore beside it with --into NAME."
        )
    return True


def _filled(backup: Backup, new: Target, *, wish: Wish, how: Loading) -> tuple[Check, ...]:
    loading.load(backup, new, how)
    how.tell("compare", 0)
    with snapshot.connected(new) as inside:
        found = proving.compared(backup.manifest.contents, snapshot.contents(inside))
    wrong = [f"{each.name}: {each.detail}" for each in found if each.outcome is Outcome.FAILED]
    if wrong:
        raise UnprovenBackupError(f"The restore is not what was saved: {'; '.join(wrong)}")
    if wish.upgrade and schema.state(new.url).fit is Fit.OLDER:
        schema.upgrade(new.url)
    return tuple(found)


def _switch(connection: Connection, target: Target, new: str, before: str | None) -> None:
    """Both renames or none.

    The first one locks the database, so that nobody new gets in, and waits for those who are in;
    meanwhile these are sent away over another connection.
    """
    try:
        with connection.transaction(), _emptying(target):
            if before is not None:
                _rename(connection, target.database, before)
            _rename(connection, new, target.database)
    except psycopg.errors.InsufficientPrivilege as error:
        raise MissingRightError(
            f"The database user may not rename databases: {error.diag.message_primary}."
        ) from error


@contextmanager
def _emptying(target: Target) -> Iterator[None]:
    over = threading.Event()

    def send_away() -> None:
        with loading.beside(target) as connection:
            while not over.wait(PAUSE):
                connection.execute(OTHERS, [target.database])

    thread = threading.Thread(target=send_away, name="restore-switch")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _rename(connection: Connection, old: str, new: str) -> None:
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))


def _named(database: str, ending: str) -> str:
    return database[: LONGEST_NAME - len(ending)] + ending

"""Proves a backup: checksum, restore into a scratch database, comparison with its manifest."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.errors import MendlineError
from core.maintenance.backup import container, loading, programs, screens, snapshot
from core.maintenance.backup.container import Backup
from core.maintenance.backup.loading import Loading
from core.maintenance.backup.manifest import Contents, TableFacts
from core.maintenance.backup.problems import MissingProgramError
from core.maintenance.backup.programs import Programs, Target
from core.maintenance.backup.snapshot import Connection
from core.store import schema
from core.store.schema import Fit

SCRATCH: Final = "mendline_scratch_"
FOREIGN_KEYS: Final = """
    SELECT conrelid::regclass::text || '.' || conname AS name FROM pg_constraint
    WHERE NOT convalidated
"""
AMCHECK: Final = "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'"
# A scratch database is in use as long as somebody holds the lock of its name.
HELD: Final = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS got"
FREE: Final = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Proof:
    """`recovery_seconds`: how long the restore itself took, without the checks after it."""

    checks: tuple[Check, ...]
    recovery_seconds: float
    seconds: float

    @property
    def ok(self) -> bool:
        return all(check.outcome is not Outcome.FAILED for check in self.checks)

    @property
    def failures(self) -> str:
        return "; ".join(
            f"{check.name}: {check.detail}"
            for check in self.checks
            if check.outcome is Outcome.FAILED
        )


def prove(path: Path, server: Target, how: Loading, clock: Clock) -> Proof:
    """Raises where the file is damaged or cannot be read; else tells what was found."""
    begun = clock.monotonic()
    how.tell("checksum", 0)
    backup = container.look(path)
    container.check(path)
    size = f"{backup.bytes} bytes"
    with scratch(server) as target:
        started = clock.monotonic()
        loading.load(backup, target, how)
        restored = clock.monotonic() - started
        how.tell("compare", 0)
        found = examine(backup, target, how)
    checks = (Check("checksum", Outcome.OK, size), *found)
    return Proof(checks, round(restored, 3), round(clock.monotonic() - begun, 3))


def examine(backup: Backup, target: Target, how: Loading) -> list[Check]:
    """The restored database against the manifest; changes it in the end, if it is of an older
    version.
    """
    with snapshot.connected(target) as connection:
        checks = compared(backup.manifest.contents, snapshot.contents(connection))
        checks.append(_valid(connection))
        checks.append(_amcheck(connection, target, how))
    checks.append(_screens(target))
    return checks


def compared(expected: Contents, found: Contents) -> list[Check]:
    return [
        _same("revision", expected.revision, found.revision),
        _counts(expected, found),
        _objects(expected, found),
    ]


def _same(name: str, expected: object, found: object) -> Check:
    if expected == found:
        return Check(name, Outcome.OK, str(found))
    return Check(name, Outcome.FAILED, f"{found}, not {expected}")


def _counts(expected: Contents, found: Contents) -> Check:
    nothing = TableFacts(-1)
    wrong = [
        f"{name} has {found.tables.get(name, nothing).rows} rows up to "
        f"{dict(found.tables.get(name, nothing).maxima)}, not {facts.rows} up to "
        f"{dict(facts.maxima)}"
        for name, facts in expected.tables.items()
        if found.tables.get(name) != facts
    ]
    if wrong:
        return Check("rows", Outcome.FAILED, "; ".join(wrong))
    return Check("rows", Outcome.OK, f"{found.rows} rows in {len(found.tables)} tables")


def _objects(expected: Contents, found: Contents) -> Check:
    wrong = [
        f"{found.objects.get(kind, 0)} {kind}, not {count}"
        for kind, count in expected.objects.items()
        if found.objects.get(kind) != count
    ]
    if wrong:
        return Check("objects", Outcome.FAILED, "; ".join(wrong))
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(found.objects.items()))
    return Check("objects", Outcome.OK, told)


def _valid(connection: Connection) -> Check:
    """A restore makes the foreign keys last and the server checks every row against them."""
    wrong = [row["name"] for row in connection.execute(FOREIGN_KEYS).fetchall()]
    if wrong:
        return Check("foreign keys", Outcome.FAILED, f"not valid: {', '.join(wrong)}")
    return Check("foreign keys", Outcome.OK, "every constraint holds for every row")


def _amcheck(connection: Connection, target: Target, how: Loading) -> Check:
    """Pages of tables and order of indexes; where the server carries the extension."""
    name = "pg_amcheck"
    if connection.execute(AMCHECK).fetchone() is None:
        return Check(name, Outcome.SKIPPED, "the server carries no extension amcheck")
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        program = Programs(snapshot.server(connection).major, how.programs).path(name)
    except (psycopg.errors.InsufficientPrivilege, MissingProgramError) as error:
        return Check(name, Outcome.SKIPPED, str(error).splitlines()[0])
    try:
        argv = [program, "--no-password", f"--maintenance-db={target.plain}", target.plain]
        programs.run(argv, target)
    except MendlineError as error:
        return Check(name, Outcome.FAILED, str(error))
    return Check(name, Outcome.OK, "no damaged page and no index out of order")


def _screens(target: Target) -> Check:
    """Asked in this version's schema, to which a backup of an earlier one is brought first."""
    name, state = "screens", schema.state(target.url)
    if state.fit in {Fit.EMPTY, Fit.NEWER}:
        told = "no schema of Mendline" if state.fit is Fit.EMPTY else "made by a newer version"
        return Check(name, Outcome.SKIPPED, told)
    try:
        schema.upgrade(target.url)
        answered = screens.ask(target.url)
    except SQLAlchemyError as error:
        return Check(name, Outcome.FAILED, str(error).splitlines()[0])
    before = f", after the upgrade from {state.found}" if state.fit is Fit.OLDER else ""
    return Check(name, Outcome.OK, f"{', '.join(answered)}{before}")


@contextmanager
def scratch(server: Target) -> Iterator[Target]:
    """A database for the time of the block; what killed proofs left is dropped, too."""
    name = f"{SCRATCH}{secrets.token_hex(6)}"
    with loading.beside(server) as connection, _holding(connection, name):
        _drop_leftovers(connection)
        loading.create(connection, name)
        try:
            yield server.named(name)
        finally:
            loading.drop(connection, name)


@contextmanager
def _holding(connection: Connection, name: str) -> Iterator[None]:
    assert snapshot.one(connection, HELD, name)["got"]
    yield


def _drop_leftovers(connection: Connection) -> None:
    named = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [SCRATCH]
    )
    for row in named.fetchall():
        name = row["datname"]
        if snapshot.one(connection, HELD, name)["got"]:
            loading.drop(connection, name)
            connection.execute(FREE, [name])

"""The whole of a backup: taken, proven, copied away, and what is too old removed; told in rows."""

import os
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from core.errors import MendlineError
from core.maintenance.backup import container, keeping, proving, taking
from core.maintenance.backup.container import SUFFIX, Backup
from core.maintenance.backup.keeping import Kept, Rule
from core.maintenance.backup.loading import Loading
from core.maintenance.backup.place import Place
from core.maintenance.backup.problems import (
    BackupNotFoundError,
    DamagedBackupError,
    PlaceError,
    UncopiedBackupError,
)
from core.maintenance.backup.programs import Target
from core.maintenance.backup.proving import Check, Outcome, Proof
from core.maintenance.backup.taking import Taking
from core.store import backups as rows
from core.store.backups import State, Taken, Tried
from core.store.engine import Database

log = structlog.get_logger()

MOST_JOBS: Final = 4
BY_HAND: Final = "by hand"
SCHEDULED: Final = "schedule"
BEFORE_UPGRADE: Final = "before an upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """`scratch` is where backups are proven: another server than their own, if there is one."""

    target: Target
    taking: Taking
    rule: Rule
    scratch: Target | None = None
    place: Place | None = None

    @property
    def loading(self) -> Loading:
        how = self.taking
        return Loading(key=how.key, programs=how.programs, tell=how.tell)

    def quickly(self) -> Loading:
        """For the worst day, when nobody else needs the processors."""
        return replace(self.loading, jobs=min(MOST_JOBS, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Done:
    """`proof` is none where nobody asked for one."""

    backup: Backup
    proof: Proof | None
    removed: tuple[str, ...] = ()


class Upkeep:
    """`database` none: nothing is told in rows, for a schema that has no such rows yet."""

    def __init__(self, means: Means, database: Database | None) -> None:
        self.means = means
        self._database = database

    def create(self, *, cause: str, prove: bool = True) -> Done:
        """A backup that cannot be restored is told, and stays for those who want to know why."""
        backup = taking.take(self.means.target, self.means.taking)
        log.info(
            "backup.taken",
            backup=backup.path.name,
            bytes=backup.bytes,
            seconds=backup.manifest.seconds,
        )
        self._record(backup, cause)
        proof = self.verify(backup.path) if prove else None
        if self.means.place is not None and (proof is None or proof.ok):
            self._copy_with_older(backup.path, self.means.place)
        return Done(backup, proof)

    def tell(self, done: Done, *, cause: str) -> None:
        """Writes the rows of a backup that was made while there were none."""
        self._record(done.backup, cause)
        if done.proof is not None:
            at = self.means.taking.clock.now()
            self._tried(done.backup.path.name, _outcome(done.proof, at))

    def verify(self, path: Path) -> Proof:
        means, clock = self.means, self.means.taking.clock
        try:
            proof = proving.prove(path, means.scratch or means.target, means.loading, clock)
        except DamagedBackupError as error:
            check = Check("checksum", Outcome.FAILED, str(error))
            self._tried(path.name, _outcome(Proof((check,), 0, 0), clock.now()))
            log.warning("backup.damaged", backup=path.name, error=str(error))
            raise
        self._tried(path.name, _outcome(proof, clock.now()))
        if proof.ok:
            log.info("backup.proven", backup=path.name, seconds=proof.recovery_seconds)
        else:
            log.error("backup.unproven", backup=path.name, failures=proof.failures)
        return proof

    def prune(self) -> tuple[str, ...]:
        """Removes what the rule does not keep, here and where the copies are."""
        chosen = keeping.choose(self._kept(), self.means.rule)
        for each in chosen.remove:
            # The copy first: once the file is gone, no later run knows that there is a copy.
            if self.means.place is not None:
                self.means.place.remove(each.name)
            (self.means.taking.folder / each.name).unlink(missing_ok=True)
            self._removed(each.name)
        gone = tuple(each.name for each in chosen.remove)
        if gone:
            log.info("backup.removed", backups=list(gone))
        return gone

    def fetch(self, wanted: str) -> Path:
        """The path of a backup that was named by path or by name; brought here if it is away."""
        given, own = Path(wanted), self.means.taking.folder / Path(wanted).name
        for path in (given, own):
            if path.is_file():
                return path
        if self.means.place is None or given.name != wanted:
            raise BackupNotFoundError(f"There is no backup {wanted}, also not in {own.parent}.")
        own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.means.place.get(wanted, own)
        return own

    def _kept(self) -> list[Kept]:
        found = held(self.means.taking.folder)
        states = self._states([each.path.name for each in found])
        return [
            Kept(
                each.path.name,
                each.manifest.taken_at,
                each.bytes,
                states.get(each.path.name) == State.PROVEN,
            )
            for each in found
        ]

    def _states(self, names: Sequence[str]) -> dict[str, str]:
        if self._database is None:
            return {}
        with self._database.transaction() as session:
            return {name: row.state for name, row in rows.named(session, names).items()}

    def _record(self, backup: Backup, cause: str) -> None:
        if self._database is not None:
            with self._database.transaction() as session:
                rows.record(session, taken(backup, cause))

    def _tried(self, name: str, outcome: Tried) -> None:
        if self._database is not None:
            with self._database.transaction() as session:
                rows.tried(session, name, outcome)

    def _copy_with_older(self, newest: Path, place: Place) -> None:
        """With those that could not be copied when they were taken, and are to stay."""
        try:
            there = set(place.names())
            stay = keeping.choose(self._kept(), self.means.rule).keep
            owed = [each.name for each in stay if each.proven and each.name not in there]
            for name in dict.fromkeys([newest.name, *owed]):
                self._copy(newest.with_name(name), place)
        except PlaceError as error:
            raise UncopiedBackupError(
                f"{newest.name} was taken and is in {newest.parent}, but not copied: {error}"
            ) from error

    def _copy(self, path: Path, place: Place) -> None:
        self.means.taking.tell("copy", 0)
        place.put(path)
        log.info("backup.copied", backup=path.name, place=place.name)
        if self._database is not None:
            with self._database.transaction() as session:
                rows.copied(session, path.name, place.name)

    def _removed(self, name: str) -> None:
        if self._database is not None:
            with self._database.transaction() as session:
                rows.removed(session, name, at=self.means.taking.clock.now())


def held(folder: Path) -> list[Backup]:
    """What is in the folder, newest first; what only looks like a backup is passed over."""
    found = [_look(path) for path in folder.glob(f"*{SUFFIX}")]
    known = [each for each in found if each is not None]
    return sorted(known, key=lambda each: each.manifest.taken_at, reverse=True)


def _look(path: Path) -> Backup | None:
    try:
        return container.look(path)
    except (MendlineError, OSError) as error:
        log.warning("backup.unreadable", backup=path.name, error=str(error))
        return None


def taken(backup: Backup, cause: str) -> Taken:
    manifest = backup.manifest
    return Taken(
        name=backup.path.name,
        host=socket.gethostname(),
        path=str(backup.path),
        taken_at=manifest.taken_at,
        seconds=manifest.seconds,
        bytes=backup.bytes,
        rows=manifest.contents.rows,
        revision=manifest.contents.revision,
        encrypted=manifest.key is not None,
        cause=cause,
    )


def _outcome(proof: Proof, at: datetime) -> Tried:
    seconds = proof.recovery_seconds or None
    return Tried(ok=proof.ok, at=at, recovery_seconds=seconds, proof=as_json(proof))


def as_json(proof: Proof) -> dict[str, Any]:
    return {
        "checks": [asdict(check) | {"outcome": str(check.outcome)} for check in proof.checks],
        "seconds": proof.seconds,
    }

"""Backups by the clock and by request: taken, proven, copied, pruned."""

from datetime import timedelta
from typing import Any, Final

from config import backups
from core.maintenance.backup.problems import BackupRunningError, UnprovenBackupError
from core.maintenance.backup.upkeep import SCHEDULED, Upkeep, as_json
from core.store.work import WorkOrder, add
from tasks.base import Queue, Result, Work, task
from tasks.housekeeping import chore

NO_ARCHIVE: Final = "MENDLINE_WAL_ARCHIVE_DIR is not set"
# If it fails, it is tried again, but not with every round.
FIRST_BASE: Final[dict[str, Any]] = {
    "priority": 8,
    "unique_key": "archive-first-base",
    "unique_for": timedelta(hours=1),
    "unique_states": frozenset({"done", "dead"}),
}
# Large databases take hours; whoever takes in errors goes first.
LIMITS: Final[dict[str, Any]] = {"soft_time_limit": 6 * 3600, "time_limit": 6 * 3600 + 60}


@chore("backup.create", job="backup", heavy=True, amount="bytes", **LIMITS)
def create(work: Work, cause: str = SCHEDULED) -> Result:
    if cause == SCHEDULED and not work.runtime.settings.backup_daily:
        return {"skipped": "MENDLINE_BACKUP_DAILY is off"}
    keeper = _upkeep(work)
    done = keeper.create(cause=cause)
    _require(done.proof is not None and done.proof.ok, done.backup.path.name)
    removed = keeper.prune() if cause == SCHEDULED else ()
    return {"backup": done.backup.path.name, "bytes": done.backup.bytes, "removed": list(removed)}


@chore("backup.verify", job="backup-proof", heavy=True, **LIMITS)
def verify(work: Work, name: str) -> Result:
    keeper = _upkeep(work)
    proof = keeper.verify(keeper.fetch(name))
    _require(proof.ok, name)
    return as_json(proof)


@task("backup.archive", queue=Queue.MAINTENANCE, **LIMITS)
def archive(work: Work) -> Result:
    """What was written goes into the archive; where it has no beginning yet, one is made soon."""
    runtime = work.runtime
    if runtime.settings.wal_archive_dir is None:
        return {"skipped": NO_ARCHIVE}
    kept = backups.archive(runtime.settings, runtime.clock)
    try:
        received = kept.receive()
    except BackupRunningError:
        return {"skipped": "the round before is not over"}
    if not kept.found():
        order = WorkOrder("backup.base", {}, Queue.MAINTENANCE, **FIRST_BASE)
        add(work.session, order, runtime.clock.now())
    return {"received": received.place}


@chore("backup.base", job="archive-base", heavy=True, amount="bytes", **LIMITS)
def base(work: Work) -> Result:
    runtime = work.runtime
    if runtime.settings.wal_archive_dir is None:
        return {"skipped": NO_ARCHIVE}
    made = backups.archive(runtime.settings, runtime.clock).base()
    return {"base": made.path.name, "bytes": made.bytes}


def _upkeep(work: Work) -> Upkeep:
    runtime = work.runtime
    return Upkeep(backups.means(runtime.settings, runtime.clock), runtime.database)


def _require(proven: bool, name: str) -> None:  # noqa: FBT001 (a condition, as of `assert`)
    if not proven:
        raise UnprovenBackupError(f"The restore of {name} was tried and failed; its row tells why.")

"""Backups by the clock and by request: taken, proven, copied, pruned."""

from datetime import timedelta
from typing import Any, Final

from config import backups
from core.maintenance.backup.problems import BackupRunningError, UnprovenBackupError
from core.maintenance.backup.upkeep import SCHEDULED, Upkeep, as_json
from tasks.base import Queue, Result, Work, task
from tasks.housekeeping import chore

BASE_EVERY: Final = timedelta(days=1)
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
    runtime = work.runtime
    if runtime.settings.wal_archive_dir is None:
        return {"skipped": "MENDLINE_WAL_ARCHIVE_DIR is not set"}
    try:
        return backups.archive(runtime.settings, runtime.clock).round(base_every=BASE_EVERY)
    except BackupRunningError:
        return {"skipped": "the round before is not over"}


def _upkeep(work: Work) -> Upkeep:
    runtime = work.runtime
    return Upkeep(backups.means(runtime.settings, runtime.clock), runtime.database)


def _require(proven: bool, name: str) -> None:  # noqa: FBT001 (a condition, as of `assert`)
    if not proven:
        raise UnprovenBackupError(f"The restore of {name} was tried and failed; its row tells why.")

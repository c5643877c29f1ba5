"""Upgrades of the schema: refused where they must be, after a backup that was proven."""

from collections.abc import Callable

from config import backups, wiring
from config.settings import Settings
from core.clock import SystemClock
from core.maintenance.backup.problems import UnprovenBackupError
from core.maintenance.backup.taking import Tell, silent
from core.maintenance.backup.upkeep import BEFORE_UPGRADE, Done, Upkeep
from core.store import schema
from core.store.schema import Fit, SchemaState

Say = Callable[[str], None]


def upgrade(
    settings: Settings, *, say: Say, backup: bool = True, tell: Tell = silent
) -> SchemaState:
    """The backup is there before anything is changed; a proof of it rehearses the upgrade."""
    url = wiring.required(settings.database_url, "DATABASE_URL")
    older = schema.require_possible(url).fit is Fit.OLDER
    done = _saved(settings, tell) if older and backup else None
    if done is not None:
        say(f"Backup before the upgrade: {done.backup.path}")
    state = schema.upgrade(url, days_ahead=settings.partition_days_ahead)
    if done is not None:
        _told(settings, done)
    return state


def _saved(settings: Settings, tell: Tell) -> Done:
    keeper = Upkeep(backups.means(settings, SystemClock(), tell=tell), None)
    done = keeper.create(cause=BEFORE_UPGRADE)
    if done.proof is None or not done.proof.ok:
        told = done.proof.failures if done.proof else ""
        raise UnprovenBackupError(
            f"The database was left as it is: the backup {done.backup.path} cannot be restored "
            f"and upgraded. {told}"
        )
    return done


def _told(settings: Settings, done: Done) -> None:
    database = wiring.database(settings, application="mendline-upgrade", pool_size=1)
    try:
        Upkeep(backups.means(settings, SystemClock()), database).tell(done, cause=BEFORE_UPGRADE)
    finally:
        database.dispose()

"""The net below the wake-ups: now and then somebody looks whether rows wait unnoticed."""

from core.digest.claim import waiting
from core.digest.wake import Wake
from core.store.engine import Database, driver_connection


def sweep(database: Database, wake: Wake) -> bool:
    """Wakes a worker if there is a row that nobody is at work on; whether there was."""
    with database.transaction() as session:
        found = waiting(driver_connection(session))
    if found:
        wake.now(uncounted=True)
    return found

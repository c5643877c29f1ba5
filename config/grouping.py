"""Brings the keys of issues up to the way of grouping that this version has, before it is used."""

from collections.abc import Callable

from core.clock import SystemClock
from core.grouping import keys
from core.grouping.progress import Carried
from core.store.engine import Database, driver_connection
from core.versions import GROUPING_VERSION


def carry_over(url: str, *, say: Callable[[str], object]) -> Carried:
    """Nothing is said, and little is loaded, where nothing is to be done."""
    database = Database(url, application="mendline-grouping", pool_size=1)
    try:
        with database.transaction() as session:
            waiting = keys.waiting(driver_connection(session), GROUPING_VERSION)
        done = _carried(database, say) if waiting else Carried()
    finally:
        database.dispose()
    if done.suggested:
        say(f"{done.suggested} pairs of issues are one to the newer grouping; see the signals.")
    return done


def _carried(database: Database, say: Callable[[str], object]) -> Carried:
    from config.knowledge import knowledge  # noqa: PLC0415 (slow to import)
    from core.grouping.carrying import Carrying  # noqa: PLC0415

    def told(done: Carried, left: int) -> None:
        say(f"Issue keys of an older grouping: {done.keys} looked at, {left} left.")

    return Carrying(database, knowledge(), SystemClock()).run(told)

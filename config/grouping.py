"""Brings the keys of issues up to the way of grouping that this version has, before it is used."""

from collections.abc import Callable

from config.knowledge import knowledge
from core.clock import SystemClock
from core.grouping.carrying import Carried, Carrying
from core.store.engine import Database


def carry_over(url: str, *, say: Callable[[str], object]) -> Carried:
    """Nothing is said where nothing is to be done."""
    database = Database(url, application="mendline-grouping", pool_size=1)

    def told(done: Carried, left: int) -> None:
        say(f"Issue keys of an older grouping: {done.keys} looked at, {left} left.")

    try:
        carrying = Carrying(database, knowledge(), SystemClock())
        done = carrying.run(told)
    finally:
        database.dispose()
    if done.suggested:
        say(f"{done.suggested} pairs of issues are one to the newer grouping; see the signals.")
    return done

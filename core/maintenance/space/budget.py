"""Keeps events within their budgets: measures, crops the worst, and looks again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from core.maintenance.space import plan, sizes
from core.maintenance.space.cropping import crop
from core.maintenance.space.plan import Budgets, Crop
from core.store.engine import Database

# Crops of one run; the next one goes on.
MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Kept:
    """`held` days were in use; `short` is what could not be saved, by project."""

    crops: int
    held: int
    events: int
    bytes_freed: int
    bytes_used: int
    short: dict[str, int]


def keep(database: Database, now: datetime, *, each: int | None, total: int | None) -> Kept:
    """`each` project may take so many bytes, and all together `total`."""
    sizes.measure(database, now)
    with database.transaction() as session:
        budgets = sizes.budgets(session, each=each, total=total)
        found = sizes.known(session)
    run = _Run(database, now, budgets)
    for over in plan.expired(found, budgets, now.date()):
        run.crop(over)
    while len(run.tried) < MOST and (wanted := run.next()) is not None:
        run.crop(wanted)
    return run.told()


class _Run:
    def __init__(self, database: Database, now: datetime, budgets: Budgets) -> None:
        self._database = database
        self._now = now
        self._budgets = budgets
        self.tried: list[Crop] = []
        self._held = self._events = self._freed = 0

    def next(self) -> Crop | None:
        found = self._sizes()
        too_many = plan.over(found, self._budgets)
        return plan.next_crop(found, too_many, today=self._now.date(), tried=self.tried)

    def crop(self, wanted: Crop) -> None:
        self.tried.append(wanted)
        done = crop(self._database, wanted, self._now)
        self._held += not done.done
        self._events += done.events
        self._freed += done.freed

    def told(self) -> Kept:
        short = plan.over(self._sizes(), self._budgets)
        return Kept(
            crops=len(self.tried),
            held=self._held,
            events=self._events,
            bytes_freed=self._freed,
            bytes_used=_used(self._database),
            short={str(project): too_many for project, too_many in short.items()},
        )

    def _sizes(self) -> list[plan.DaySize]:
        with self._database.transaction() as session:
            return sizes.known(session)


def _used(database: Database) -> int:
    """On the disk, with indexes and what is stored apart."""
    statement = text("""
        SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint FROM pg_inherits
        WHERE inhparent = 'events'::regclass""")
    with database.transaction() as session:
        return int(session.execute(statement).scalar_one())

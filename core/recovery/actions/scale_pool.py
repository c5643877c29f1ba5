"""Gives a pool another size for a time, whatever its load asks for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.clock import Clock
from core.maintenance import steering
from core.model import PoolOverride
from core.recovery.action import Done, Order
from core.recovery.arguments import Arguments
from core.recovery.once import Once
from core.store import fleet
from core.store.fleet import Wish

NAME: Final = "recovery"
MOST_CHILDREN: Final = 10_000
LONGEST: Final = 7 * 86_400


class ScalePoolAction:
    """`{"pool": name, "children": n, "seconds"?: how long, 600 if it does not say}`."""

    name = "scale_pool"
    reversible = True

    def __init__(self, once: Once, clock: Clock) -> None:
        self._once = once
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action scale_pool", order.arguments) as given:
            pool = given.text("pool")
            children = given.whole("children", low=0, high=MOST_CHILDREN)
            seconds = given.number("seconds", 600, low=1, high=LONGEST)
        until = self._clock.now() + timedelta(seconds=seconds)
        wish = Wish(pool, children, NAME, until)
        return self._once(order, lambda session: self._scaled(session, order, wish))

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        """The size that was set before holds again, unless somebody has set another meanwhile."""
        return self._once(order, lambda session: self._back(session, order, undo), back=True)

    def _scaled(self, session: Session, order: Order, wish: Wish) -> Done:
        now = self._clock.now()
        before = _written(fleet.overrides(session, now).get(wish.pool))
        if order.dry_run:
            steering.exists(session, wish.pool)
            return Done(f"Would set {wish.pool} to {wish.children} children.", {"before": before})
        steering.scale(session, wish, Actor(NAME), now=now)
        evidence = {"children": wish.children, "until": wish.until, "before": before}
        undo = {"pool": wish.pool, "children": wish.children, "before": before}
        return Done(f"Set {wish.pool} to {wish.children} children.", evidence, undo)

    def _back(self, session: Session, order: Order, undo: Mapping[str, Any]) -> Done:
        now, pool = self._clock.now(), undo["pool"]
        current = fleet.overrides(session, now).get(pool)
        if current is None or (current.author, current.children) != (NAME, undo["children"]):
            return Done(f"The size of {pool} was set otherwise meanwhile, and stays.")
        before = undo["before"]
        if order.dry_run:
            return Done(f"Would give {pool} the size back that it had.", {"before": before})
        if before is None or (before["until"] and datetime.fromisoformat(before["until"]) <= now):
            steering.automatic(session, pool, Actor(NAME), now=now)
        else:
            until = datetime.fromisoformat(before["until"]) if before["until"] else None
            wish = Wish(pool, before["children"], before["author"], until)
            steering.scale(session, wish, Actor(NAME), now=now)
        return Done(f"Gave {pool} the size back that it had.", {"before": before})


def _written(found: PoolOverride | None) -> dict[str, Any] | None:
    if found is None:
        return None
    until = found.until.isoformat() if found.until else None
    return {"children": found.children, "author": found.author, "until": until}

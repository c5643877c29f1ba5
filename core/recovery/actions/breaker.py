"""Opens a circuit breaker for a while, so that nobody calls what cannot answer now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.clock import Clock
from core.maintenance import breaking
from core.maintenance.breaking import Desk, Wish
from core.model import Breaker
from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import Arguments
from core.recovery.once import Once
from core.resilience.breaker import Breakers, Ledger, State
from core.resilience.breaker.standing import FORCED, FORCED_SHUT
from core.store import breakers as rows
from core.store.engine import after_commit

ACTOR: Final = Actor("recovery")
LONGEST: Final = 86_400
# What an operator asked for holds until its time is over, or a reset.
HELD: Final = FORCED | FORCED_SHUT


class BreakerAction:
    """`{"breaker"?: the component's if it does not say, "seconds"?: 60}`."""

    name = "breaker"
    reversible = True

    def __init__(self, once: Once, clock: Clock, breakers: Breakers, ledger: Ledger) -> None:
        self._once = once
        self._clock = clock
        self._breakers = breakers
        self._desk = Desk(breakers.book, ledger)

    def run(self, order: Order) -> Done:
        with Arguments("The action breaker", order.arguments) as given:
            name = given.text("breaker", order.about.get("component"))
            seconds = given.number("seconds", 60, low=1, high=LONGEST)
        if order.dry_run:
            return Done(f"Would open the breaker {name} for {seconds:g} s.")
        until = self._clock.now() + timedelta(seconds=seconds)
        why = f"{order.target}: opened for {seconds:g} s by {order.idempotency_key}"

        def work(session: Session) -> Done:
            row = rows.one(session, name, lock=True)
            if row is not None and _is_held_by_another(row, self._clock.now()):
                return _left(row)
            self._force(session, Wish(name, State.FORCED_OPEN, why, until))
            evidence = {"breaker": name, "until": until}
            return Done(f"Opened the breaker {name}.", evidence, {"breaker": name, "why": why})

        return self._once(order, work)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        """What somebody else has asked of it meanwhile stays, another recovery's wish, too."""
        name = undo["breaker"]

        def work(session: Session) -> Done:
            row = rows.one(session, name, lock=True)
            if row is None or row.state not in FORCED_SHUT or row.reason != undo["why"]:
                return Done(f"Left the breaker {name} as it is.")
            if order.dry_run:
                return Done(f"Would reset the breaker {name}.")
            self._force(session, Wish(name, State.CLOSED, "it did not help"))
            return Done(f"Reset the breaker {name}.")

        return self._once(order, work, back=True)

    def _force(self, session: Session, wish: Wish) -> None:
        known = self._breakers.look([wish.name]).get(wish.name)
        now = self._clock.now()
        breaking.force(session, wish, ACTOR, desk=self._desk, now=now, known=known)
        after_commit(session, lambda: self._breakers.refresh(wish.name))


def _is_held_by_another(row: Breaker, now: datetime) -> bool:
    lasts = row.retry_at is None or row.retry_at > now
    return row.state in HELD and row.author != ACTOR.name and lasts


def _left(row: Breaker) -> Done:
    if row.state in FORCED_SHUT:
        return Done(f"{row.author} holds the breaker {row.name} open already.")
    raise ActionError(f"{row.author} holds the breaker {row.name} closed.", permanent=True)

"""Puts one piece of work aside, so that it breaks nothing more: consumers are told to leave it.

For applications it is a switch, `quarantine:<component>:<key>`, which their consumers look up. Work
of our own ledger is held by its target.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.clock import Clock
from core.recovery.action import Done, Order
from core.recovery.arguments import Arguments
from core.recovery.once import Once
from core.recovery.switching import Wanted, back, put
from core.work.holds import hold, release

DAY: Final = 86_400


class QuarantineAction:
    """`{"key": …, "component"?}` or `{"hold": target of our ledger}`; `"seconds"?`: a day."""

    name = "quarantine"
    reversible = True

    def __init__(self, once: Once, clock: Clock) -> None:
        self._once = once
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action quarantine", order.arguments) as given:
            seconds = given.number("seconds", DAY, low=1, high=30 * DAY)
            held = given.optional_text("hold")
            name = "" if held else _name(given, order)
        until = self._clock.now() + timedelta(seconds=seconds)

        def work(session: Session) -> Done:
            if held:
                return _held(session, order, held, until)
            return put(session, order, Wanted(name, True, until), now=self._clock.now())

        return self._once(order, work)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        now = self._clock.now()

        def work(session: Session) -> Done:
            if "hold" in undo:
                return _released(session, order, undo["hold"])
            return back(session, order, undo, now=now)

        return self._once(order, work, back=True)


def _name(given: Arguments, order: Order) -> str:
    component = given.text("component", order.about.get("component"))
    return f"quarantine:{component}:{given.text('key')}"


def _held(session: Session, order: Order, target: str, until: datetime) -> Done:
    if order.dry_run:
        return Done(f"Would hold the work of {target}.")
    holder = _holder(order)
    hold(session, target, holder, until=until, reason=holder)
    return Done(f"Holds the work of {target}.", {"until": until}, {"hold": target})


def _released(session: Session, order: Order, target: str) -> Done:
    """What others hold, as a breaker does, they hold on."""
    if order.dry_run:
        return Done(f"Would let the work of {target} go on.")
    if not release(session, target, _holder(order)):
        return Done(f"The work of {target} is held no more.")
    return Done(f"Lets the work of {target} go on.")


def _holder(order: Order) -> str:
    return f"quarantine {order.idempotency_key}"

"""Publishes a switch that the application reads: a fallback, a feature off, a slower pace."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.clock import Clock
from core.recovery.action import Done, Order
from core.recovery.arguments import Arguments
from core.recovery.once import Once
from core.recovery.switching import Wanted, back, put

LONGEST: Final = 30 * 86_400


class SwitchAction:
    """`{"switch": name, "value"?: true, "seconds"?: how long, for ever if it does not say}`."""

    name = "switch"
    reversible = True

    def __init__(self, once: Once, clock: Clock) -> None:
        self._once = once
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action switch", order.arguments) as given:
            name, value = given.text("switch"), given.value("value", default=True)
            seconds = given.number("seconds", 0, low=0, high=LONGEST)

        def work(session: Session) -> Done:
            now = self._clock.now()
            until = now + timedelta(seconds=seconds) if seconds else None
            return put(session, order, Wanted(name, value, until), now=now)

        return self._once(order, work)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        now = self._clock.now()
        return self._once(order, lambda session: back(session, order, undo, now=now), back=True)

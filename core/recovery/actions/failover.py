"""Tells an application to use the other one: the next value of a declared switch."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.clock import Clock
from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import Arguments
from core.recovery.declared import Failover
from core.recovery.once import Once
from core.recovery.switching import Wanted, back, current, put


class FailoverAction:
    """`{"failover": name, "to"?: one of its values, the next one if it does not say}`."""

    name = "failover"
    reversible = True

    def __init__(self, failovers: Mapping[str, Failover], once: Once, clock: Clock) -> None:
        self._failovers = failovers
        self._once = once
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action failover", order.arguments) as given:
            declared: Failover = given.declared("failover", self._failovers, "failovers")
            to = given.choice("to", declared.values, "") if "to" in order.arguments else None

        def work(session: Session) -> Done:
            now = self._clock.now()
            now_on = current(session, order, declared.switch, now=now) or declared.values[0]
            if to == now_on:
                raise ActionError(f"{declared.switch} is {to} already.", permanent=True)
            value = to or _next(declared.values, now_on)
            return put(session, order, Wanted(declared.switch, value), now=now)

        return self._once(order, work)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        now = self._clock.now()
        return self._once(order, lambda session: back(session, order, undo, now=now), back=True)


def _next(values: tuple[str, ...], current_value: Any) -> str:
    place = values.index(current_value) if current_value in values else -1
    return values[(place + 1) % len(values)]

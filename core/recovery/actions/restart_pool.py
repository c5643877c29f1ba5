"""Replaces the worker processes of a pool, the old ones draining once the new ones take work."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.clock import Clock
from core.maintenance import steering
from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import Arguments
from core.recovery.once import Once

ACTOR: Final = Actor("recovery")


class RestartPoolAction:
    """`{"pool": name, "host"?: on this host only}`."""

    name = "restart_pool"
    reversible = False

    def __init__(self, once: Once, clock: Clock) -> None:
        self._once = once
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action restart_pool", order.arguments) as given:
            pool, host = given.text("pool"), given.optional_text("host")
        return self._once(order, lambda session: self._restarted(session, order, pool, host))

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:  # noqa: ARG002
        raise ActionError("A restart cannot be taken back.", permanent=True)

    def _restarted(self, session: Session, order: Order, pool: str, host: str | None) -> Done:
        now = self._clock.now()
        if order.dry_run:
            steering.exists(session, pool)
            return Done(f"Would replace the processes of the pool {pool}.")
        hosts = list(steering.restart(session, pool, ACTOR, now=now, host=host))
        return Done(f"Replaces the processes of {pool} on {', '.join(hosts)}.", {"hosts": hosts})

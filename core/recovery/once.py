"""Actions on our own rows: done once per idempotency key, in one transaction, within their time."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.idempotency import InFlightError, Repeatable, earlier_answer, remember
from core.clock import Clock
from core.recovery.action import ActionError, Done, Order
from core.recovery.failing import told
from core.store.engine import Database


class Once:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def __call__(
        self, order: Order, work: Callable[[Session], Done], *, back: bool = False
    ) -> Done:
        """`back` tells that the order is being undone. Of a dry run nothing is remembered."""
        about = f"The action {order.action} on {order.target} failed"
        with told(about), self._database.transaction() as session:
            session.execute(text(f"SET LOCAL statement_timeout = {_milliseconds(order.timeout)}"))
            if order.dry_run:
                return work(session)
            return self._once(session, _same(order, back=back), work)

    def _once(self, session: Session, same: Repeatable, work: Callable[[Session], Done]) -> Done:
        now = self._clock.now()
        try:
            earlier = earlier_answer(session, same, now)
        except InFlightError as error:
            raise ActionError(
                "The same order is being carried out right now.", retry_after=1
            ) from error
        if earlier is not None:
            return Done(**earlier)
        done = work(session)
        remember(session, same, orjson.loads(orjson.dumps(asdict(done), default=str)), now=now)
        return done


def _same(order: Order, *, back: bool) -> Repeatable:
    asked = orjson.dumps(dict(order.arguments), option=orjson.OPT_SORT_KEYS, default=str)
    route = f"{'undo' if back else 'run'} {order.action} {order.target}"
    key = f"{order.idempotency_key}:{route}"
    return Repeatable("recovery", key, route, hashlib.sha256(asked).digest())


def _milliseconds(seconds: float) -> int:
    return max(int(seconds * 1000), 1)

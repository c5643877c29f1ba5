"""What a worker's main process renews while its tasks run: their rows, and their messages.

It runs in the worker's event loop: a main process that is wedged loses its leases, as it should.
One that is stopped has its tasks finish first and holds on to them until then, and so does one
that has lost its broker: what runs needs no broker, and would only be done twice.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
from celery.worker.request import Request
from celery.worker.state import active_requests, reserved_requests
from redis.exceptions import RedisError

from core.clock import SystemClock
from tasks.work import Delivery, row_of
from workers.exchange import Exchange
from workers.keeper import Keeper

log = structlog.get_logger()

RENEW_SECONDS: Final = 5.0


class LeaseRenewal:
    """Rows in the ledger by id; messages not yet acknowledged by the broker's visibility.

    It also brings in what was kept on disk while PostgreSQL was away.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._clock = SystemClock()

    def begin(self, consumer: Any) -> None:
        """Before the consumer connects, so that the timer belongs to no connection. Celery fires
        it also while the worker drains.
        """
        consumer.timer.call_repeatedly(RENEW_SECONDS, self.renew, (consumer,))

    def renew(self, consumer: Any) -> None:
        renew_rows(self._keeper)
        self._renew_visibility(consumer, {*active_requests, *reserved_requests})
        self._keeper.drain()

    def _renew_visibility(self, consumer: Any, requests: Iterable[Request]) -> None:
        channel = consumer.task_consumer and consumer.task_consumer.channel
        tags = [each.message.delivery_tag for each in requests if not each.acknowledged]
        if not tags or not hasattr(channel, "unacked_index_key"):
            return
        now = self._clock.now().timestamp()
        try:
            with channel.conn_or_acquire() as client:
                client.zadd(channel.unacked_index_key, dict.fromkeys(tags, now), xx=True)
        except RedisError as error:
            log.warning("visibility.not_renewed", messages=len(tags), error=str(error))


def renew_rows(keeper: Keeper) -> None:
    if held := sorted(filter(None, map(work_id_of, list(active_requests)))):
        keeper.renew(held)


@contextmanager
def renewed_meanwhile(keeper: Keeper, exchange: Exchange | None) -> Iterator[None]:
    """While the event loop stands still, but not for what would lose a lease; the agent is told."""
    over, clock = threading.Event(), SystemClock()

    def hold() -> None:
        waiting = True
        while waiting:
            renew_rows(keeper)
            if exchange is not None:
                exchange.stay(clock.monotonic())
            waiting = not over.wait(RENEW_SECONDS)

    thread = threading.Thread(target=hold, name="leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def work_id_of(request: Request) -> int | None:
    """The row that a message names, if it names one and nothing else."""
    if getattr(request.task, "delivery", None) not in {Delivery.LEDGERED, Delivery.CONTENT}:
        return None
    args, kwargs = request.args, request.kwargs
    return row_of(args, kwargs) if isinstance(kwargs, dict) else None

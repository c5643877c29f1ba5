"""The step of the worker's consumer that renews what its running tasks hold.

It runs in the worker's event loop: a main process that is wedged loses its leases, as it should.
"""

from collections.abc import Iterable
from typing import Any, Final

import structlog
from celery import bootsteps
from celery.worker.request import Request
from celery.worker.state import active_requests, reserved_requests
from redis.exceptions import RedisError

from core.clock import SystemClock
from tasks.work import Delivery, row_of
from workers.keeper import Keeper

log = structlog.get_logger()

RENEW_SECONDS: Final = 5.0


class LeaseRenewal(bootsteps.StartStopStep):
    """Rows in the ledger by id; messages not yet acknowledged by the broker's visibility.

    It also brings in what was kept on disk while PostgreSQL was away.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None
        self._clock = SystemClock()

    def start(self, consumer: Any) -> None:
        self._timer = consumer.timer.call_repeatedly(RENEW_SECONDS, self.renew, (consumer,))

    def stop(self, consumer: Any) -> None:  # noqa: ARG002
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def renew(self, consumer: Any) -> None:
        running = list(active_requests)
        keeper: Keeper = consumer.keeper
        if held := sorted(filter(None, map(work_id_of, running))):
            keeper.renew(held)
        self._renew_visibility(consumer, {*running, *reserved_requests})
        keeper.drain()

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


def work_id_of(request: Request) -> int | None:
    """The row that a message names, if it names one and nothing else."""
    if getattr(request.task, "delivery", None) not in {Delivery.LEDGERED, Delivery.CONTENT}:
        return None
    args, kwargs = request.args, request.kwargs
    return row_of(args, kwargs) if isinstance(kwargs, dict) else None

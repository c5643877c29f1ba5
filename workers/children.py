"""The step of a Celery worker that has as many children as its agent wants, and tells what they do.

Celery's own autoscaler sees the worker's reserved messages only and never the queue. Growing is a
fork; only idle children are given up, so nothing that runs is disturbed.
"""

import os
from collections.abc import Mapping
from functools import partial
from itertools import islice, takewhile
from typing import Any, Final

import structlog
from billiard.pool import RUN
from celery import bootsteps
from celery.worker.components import Pool, Timer
from celery.worker.state import active_requests, reserved_requests, total_count

from core.clock import SystemClock
from tasks.work import Delivery
from workers.exchange import Exchange, Told, Wanted
from workers.preloading import AFTER_SECONDS, is_for, preload

log = structlog.get_logger()

EVERY_SECONDS: Final = 0.5


class Children(bootsteps.StartStopStep):
    """Runs in the worker's event loop: a main process that is wedged tells nothing."""

    requires = (Pool, Timer)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.exchange = Exchange.of_this_process()
        self.enabled = self.exchange is not None
        self._clock = SystemClock()
        self._timer: Any = None
        self._renewed = 0
        self._to_renew: set[int] = set()
        self._leaving: set[int] = set()

    def start(self, worker: Any) -> None:
        self._timer = worker.timer.call_repeatedly(EVERY_SECONDS, self.look, (worker,))
        if is_for(worker.app.amqp.queues.consume_from):
            worker.timer.call_after(AFTER_SECONDS, preload)

    def stop(self, worker: Any) -> None:  # noqa: ARG002
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self, worker: Any) -> None:
        """What is being stopped keeps its children until they have finished."""
        processes = worker.pool._pool  # noqa: SLF001 (Celery has no other way to its children)
        if self.exchange is None or processes is None or processes._state != RUN:  # noqa: SLF001
            return
        wanted = self.exchange.wanted()
        if wanted is not None:
            self._converge(worker, processes, wanted)
        self.exchange.tell(self._told(worker, processes))

    def _converge(self, worker: Any, processes: Any, wanted: Wanted) -> None:
        """Grows at once, gives up what is idle; of those to be renewed one a look."""
        current, target = worker.pool.num_processes, max(wanted.children, 1)
        if wanted.renewed != self._renewed:
            self._renewed = wanted.renewed
            self._to_renew = {child.pid for child in processes._pool}  # noqa: SLF001
        if target > current:
            log.info("children.grown", children=target)
            _grow(worker, target - current)
        elif target < current:
            self._shrink(worker, processes, current - target)
        elif self._to_renew.intersection(self._idle(worker, processes, 1)):
            self._shrink(worker, processes, 1)
            _grow(worker, 1)

    def _shrink(self, worker: Any, processes: Any, number: int) -> None:
        idle = self._idle(worker, processes, number)
        if not idle:
            return
        self._leaving.update(idle)
        worker.pool.shrink(len(idle))
        _prefetch(worker, -len(idle))
        log.info("children.shrunk", children=worker.pool.num_processes)

    def _idle(self, worker: Any, processes: Any, most: int) -> list[int]:
        """The children that would be given up next, as long as nothing is on its way to them.

        Those that have ended belong to the pool until somebody looks, and Celery would give up the
        same ones again.
        """
        if self._leaving:
            worker.pool.maintain_pool()
            self._leaving &= {child.pid for child in processes._pool}  # noqa: SLF001
        free = takewhile(partial(self._is_free, processes), processes._iterinactive())  # noqa: SLF001
        return [int(child.pid) for child in islice(free, most)]

    def _is_free(self, processes: Any, child: Any) -> bool:
        is_addressed = child.inqW_fd in processes._busy_workers  # noqa: SLF001
        return not is_addressed and child.pid not in self._leaving

    def _told(self, worker: Any, processes: Any) -> Told:
        counters = dict(processes._on_ready_counters)  # noqa: SLF001
        return Told(
            at=self._clock.monotonic(),
            pid=os.getpid(),
            busy=len(active_requests),
            reserved=len(reserved_requests),
            finished=_finished(worker.app.tasks, total_count),
            tasks={pid: counter.value for pid, counter in counters.items()},
        )


def _grow(worker: Any, number: int) -> None:
    worker.pool.grow(number)
    worker.pool.maintain_pool()
    _prefetch(worker, number)


def _prefetch(worker: Any, change: int) -> None:
    """As many messages as there are children; while it reconnects the consumer counts none."""
    consumer = worker.consumer
    if consumer is not None and getattr(consumer, "qos", None) is not None:
        consumer._update_prefetch_count(change)  # noqa: SLF001
        if not getattr(consumer, "qos_global", True):
            _consume_anew(consumer)


def _consume_anew(consumer: Any) -> None:
    """What a consumer of a quorum queue may have in hand is settled when it begins to consume."""
    consumer.qos.update()
    consumer.task_consumer.cancel()
    consumer.task_consumer.consume()


def _finished(tasks: Mapping[str, Any], counts: Mapping[str, int]) -> int:
    """Without wake-ups: what they work off is counted where it waits."""
    return sum(
        count
        for name, count in counts.items()
        if getattr(tasks.get(name), "delivery", None) is not Delivery.WAKE_UP
    )

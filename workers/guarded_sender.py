"""The broker behind a breaker of this process: while it is away nobody waits for it in vain.

What cannot be published stays in its row, and pools stay as they are: callers take it for what
they know already, a broker that cannot be reached.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import structlog

from core.errors import BrokerUnavailableError
from core.resilience.breaker import BreakerOpenError, Breakers, Standing, State, guarded
from core.work.sender import TaskSender, WorkMessage

log = structlog.get_logger()

BREAKER: Final = "own:broker"


class GuardedSender:
    def __init__(self, sender: TaskSender, breakers: Breakers) -> None:
        self._sender = sender
        self._breakers = breakers

    def send(self, message: WorkMessage) -> None:
        with self._behind_breaker():
            self._sender.send(message)

    def send_many(self, messages: Sequence[WorkMessage]) -> None:
        with self._behind_breaker():
            self._sender.send_many(messages)

    def wake(self, task: str, *, queue: str, priority: int = 5, token: str | None = None) -> None:
        with self._behind_breaker():
            self._sender.wake(task, queue=queue, priority=priority, token=token)

    def depth(self, queue: str) -> int:
        with self._behind_breaker():
            return self._sender.depth(queue)

    @contextmanager
    def _behind_breaker(self) -> Iterator[None]:
        try:
            with guarded(self._breakers, BREAKER):
                yield
        except BreakerOpenError as error:
            raise BrokerUnavailableError(str(error), retry_after=error.retry_after) from error


def tell(old: Standing, new: Standing) -> None:
    if new.state is State.OPEN:
        log.warning("breaker.opened", breaker=new.name, before=str(old.state), reason=new.reason)
    elif new.state is State.CLOSED:
        log.info("breaker.closed", breaker=new.name)

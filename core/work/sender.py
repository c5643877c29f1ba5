"""What the ledger needs from a message broker, and an in-memory one for tests."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import BrokerUnavailableError


@dataclass(frozen=True, slots=True)
class WorkMessage:
    """All that a message carries; `message_id` tells the attempts of one row apart."""

    work_id: int
    task: str
    queue: str
    priority: int
    message_id: str
    context: Mapping[str, str] = field(default_factory=dict)


class TaskSender(Protocol):
    def send(self, message: WorkMessage) -> None:
        """Hands one message to the broker, or raises `BrokerUnavailableError`."""
        ...

    def send_many(self, messages: Sequence[WorkMessage]) -> None:
        """In order; after `BrokerUnavailableError` any of them may have been taken."""
        ...

    def wake(self, task: str, *, queue: str, priority: int = 5, token: str | None = None) -> None:
        """Sends a message that carries at most a token, may be lost, and may be doubled."""
        ...

    def depth(self, queue: str) -> int:
        """Messages that wait in the broker, or raises `BrokerUnavailableError`."""
        ...


class MemorySender:
    """A broker in a list; `down` makes it unreachable."""

    def __init__(self) -> None:
        self.messages: deque[WorkMessage] = deque()
        self.woken: list[tuple[str, str]] = []
        self.down = False

    def send(self, message: WorkMessage) -> None:
        self._reach()
        self.messages.append(message)

    def send_many(self, messages: Sequence[WorkMessage]) -> None:
        for message in messages:
            self.send(message)

    def wake(
        self,
        task: str,
        *,
        queue: str,
        priority: int = 5,  # noqa: ARG002
        token: str | None = None,  # noqa: ARG002
    ) -> None:
        self._reach()
        self.woken.append((task, queue))

    def depth(self, queue: str) -> int:
        self._reach()
        return sum(message.queue == queue for message in self.messages)

    def _reach(self) -> None:
        if self.down:
            raise BrokerUnavailableError

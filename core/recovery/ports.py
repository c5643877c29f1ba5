"""What recovery needs of a task queue: `tasks` carries it out, a list in memory stands for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Resend:
    """One message to the queue of an application; `broker` none is our own broker."""

    task: str
    queue: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    broker: str | None = None


class TaskQueues(Protocol):
    """Both raise `core.errors.MendlineError` where a broker is not declared or not there."""

    def send(self, message: Resend, *, message_id: str) -> None: ...

    def ping(self, broker: str | None, *, timeout: float) -> Sequence[str]:
        """The names of the workers that answered."""
        ...


class MemoryQueues:
    """`workers` answer the ping; each sent message is kept under its id."""

    def __init__(self, workers: Sequence[str] = ()) -> None:
        self.workers = workers
        self.sent: dict[str, Resend] = {}

    def send(self, message: Resend, *, message_id: str) -> None:
        self.sent[message_id] = message

    def ping(self, broker: str | None, *, timeout: float) -> Sequence[str]:  # noqa: ARG002
        return self.workers

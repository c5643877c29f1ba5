"""Sends a Celery task again, to the broker of the application that it belongs to."""

import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.failing import told
from core.recovery.ports import Resend, TaskQueues

IDS: Final = uuid.UUID("6f0c5f6e-3f0b-5d0f-9a3e-2d6c1a7d9b11")
OWNER: Final = "The action resend_task"
Find = Callable[[str, int | None], Mapping[str, Any]]


class ResendTaskAction:
    """`{"event_id"}`, for what that event says in its `replay`, or the same in the arguments:
    `{"task", "queue", "args"?, "kwargs"?, "broker"?}`.

    The message has the same id on every repeat, so that the application can tell them apart.
    """

    name = "resend_task"
    reversible = False

    def __init__(self, queues: TaskQueues, brokers: Collection[str], find: Find) -> None:
        self._queues = queues
        self._brokers = brokers
        self._find = find

    def run(self, order: Order) -> Done:
        message = self._read(order)
        where = f"{message.task} to {message.queue}"
        if message.broker is not None and message.broker not in self._brokers:
            raise ArgumentError(
                f"The broker {message.broker} is not declared; MENDLINE_BROKERS names those that "
                "messages may go to."
            )
        if order.dry_run:
            return Done(f"Would send {where}.", {"broker": message.broker})
        message_id = str(uuid.uuid5(IDS, order.idempotency_key))
        with told(f"{where} was not sent"):
            self._queues.send(message, message_id=message_id)
        return Done(f"Sent {where}.", {"message_id": message_id, "broker": message.broker})

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:  # noqa: ARG002
        raise ActionError("A message that was sent cannot be taken back.", permanent=True)

    def _read(self, order: Order) -> Resend:
        if "event_id" not in order.arguments:
            return _message(order.arguments)
        with Arguments(OWNER, order.arguments) as given:
            event_id = given.text("event_id")
        with told(f"The event {event_id} cannot be read"):
            found = self._find(event_id, order.about.get("project_id"))
        known = ("task", "queue", "args", "kwargs", "broker")
        return _message({name: found[name] for name in known if name in found})


def _message(arguments: Mapping[str, Any]) -> Resend:
    with Arguments(OWNER, arguments) as given:
        return Resend(
            task=given.text("task"),
            queue=given.text("queue"),
            args=given.values("args"),
            kwargs=given.table("kwargs"),
            broker=given.optional_text("broker"),
        )

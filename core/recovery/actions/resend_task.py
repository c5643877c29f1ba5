"""Sends a Celery task again, to the broker of the application that it belongs to."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any, Final

import orjson

from core.intake.secrets import FILTERED
from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.failing import told
from core.recovery.ports import Resend, TaskQueues

IDS: Final = uuid.UUID("6f0c5f6e-3f0b-5d0f-9a3e-2d6c1a7d9b11")


class ResendTaskAction:
    """`{"task", "queue", "args"?, "kwargs"?, "broker"?}`: what an event says in its `replay`.

    The message has the same id on every repeat, so that the application can tell them apart.
    """

    name = "resend_task"
    reversible = False

    def __init__(self, queues: TaskQueues, brokers: Collection[str]) -> None:
        self._queues = queues
        self._brokers = brokers

    def run(self, order: Order) -> Done:
        message = _message(order.arguments)
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


def _message(arguments: Mapping[str, Any]) -> Resend:
    if FILTERED.encode() in orjson.dumps(dict(arguments), default=str):
        raise ArgumentError(
            "The arguments had secrets in them, which were taken out when the event came in: the "
            "task cannot be sent as it was."
        )
    with Arguments("The action resend_task", arguments) as given:
        return Resend(
            task=given.text("task"),
            queue=given.text("queue"),
            args=given.values("args"),
            kwargs=given.table("kwargs"),
            broker=given.optional_text("broker"),
        )

"""Asks the application itself to do something, by a signed HTTP call."""

from collections.abc import Mapping
from typing import Any

from core.recovery.action import Done, Order
from core.recovery.arguments import Arguments
from core.recovery.declared import Webhook
from core.recovery.messages import Messenger


class WebhookAction:
    """`{"webhook": name, "type"?: what is asked for, "data"?: {…}}`."""

    name = "webhook"
    reversible = True

    def __init__(self, hooks: Mapping[str, Webhook], messenger: Messenger) -> None:
        self._hooks = hooks
        self._messenger = messenger

    def run(self, order: Order) -> Done:
        with Arguments("The action webhook", order.arguments) as given:
            hook: Webhook = given.declared("webhook", self._hooks, "webhooks")
            kind = given.text("type", "recovery.requested")
            data = given.table("data")
        where = f"{kind} to the webhook {order.arguments['webhook']}"
        if order.dry_run:
            return Done(f"Would send {where}.")
        answer = self._messenger.post(hook, order, kind=kind, data=data)
        undo = {"type": kind} if hook.takes_back else None
        return Done(f"Sent {where}: {answer['status']}.", answer, undo)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        with Arguments("The action webhook", order.arguments) as given:
            hook: Webhook = given.declared("webhook", self._hooks, "webhooks")
            given.text("type", "")
            data = given.table("data")
        kind = f"{undo['type']}.undone"
        if order.dry_run:
            return Done(f"Would send {kind}.")
        answer = self._messenger.post(hook, order, kind=kind, data=data)
        return Done(f"Sent {kind}: {answer['status']}.", answer)

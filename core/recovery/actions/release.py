"""Goes back to the release before the one that fails, by the webhook of whoever deploys."""

from collections.abc import Mapping
from typing import Any

from core.recovery.action import Done, Order
from core.recovery.arguments import Arguments
from core.recovery.declared import Webhook
from core.recovery.messages import Messenger

KIND = "release.rollback"


class ReleaseAction:
    """`{"webhook": name, "component": …, "release": the bad one, "to"?: the one before}`.

    Component and release are taken from what the order is about where they are not given.
    """

    name = "release"
    reversible = True

    def __init__(self, hooks: Mapping[str, Webhook], messenger: Messenger) -> None:
        self._hooks = hooks
        self._messenger = messenger

    def run(self, order: Order) -> Done:
        hook, data = self._read(order)
        what = f"{data['component']} from {data['release']} to {data['to'] or 'the one before'}"
        if order.dry_run:
            return Done(f"Would ask to roll back {what}.", data)
        answer = self._messenger.post(hook, order, kind=KIND, data=data)
        undo = {"from": data["to"], "to": data["release"]} if hook.takes_back else None
        return Done(f"Asked to roll back {what}: {answer['status']}.", {**answer, **data}, undo)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        hook, data = self._read(order)
        data |= {"release": undo["from"], "to": undo["to"]}
        if order.dry_run:
            return Done(f"Would ask for {data['component']} {data['to']} again.", data)
        answer = self._messenger.post(hook, order, kind=f"{KIND}.undone", data=data)
        return Done(f"Asked for {data['component']} {data['to']} again.", {**answer, **data})

    def _read(self, order: Order) -> tuple[Webhook, dict[str, Any]]:
        with Arguments("The action release", order.arguments) as given:
            hook: Webhook = given.declared("webhook", self._hooks, "webhooks")
            data = {
                "component": given.text("component", order.about.get("component")),
                "release": given.text("release", order.about.get("release")),
                "to": given.optional_text("to"),
            }
        return hook, data
